import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { MARK, PrivateHost } from "./private/private-host.ts";

/** What can be seen of lab hosts from outside, without asking them: also of those that hang, or that nobody knows. */
export { type RunningHost, runningHosts } from "./private/inits.ts";

/** A lab's directory, as it lies there. */
export interface LabDirectory {
  /** Whether it carries the mark: nothing without it is removed. */
  readonly marked: boolean;
  /** The PID of the lab host's init, if that lives. */
  readonly pid: number | undefined;
  /** The directory of the packages that its guests get: a part of a guest image. */
  readonly packages: string | undefined;
}

/** What is in a directory that may be a lab's. */
export function surveyLab(directory: string): LabDirectory {
  return {
    marked: existsSync(join(directory, MARK)),
    pid: new PrivateHost(directory).pid,
    packages: linkOf(join(directory, "packages")),
  };
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
