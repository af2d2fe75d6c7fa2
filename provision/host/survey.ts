import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { poolLink, poolsBy } from "./package-pools.ts";
import { MARK, PrivateHost } from "./private/private-host.ts";
import { OWNER } from "./remote/agent-verbs.ts";
import { recordedPlace } from "./remote/remote-place.ts";

/** Lab hosts as seen from outside, without asking them: also those that hang, and those that no stack knows. */
export { type RunningHost, runningHosts } from "./private/inits.ts";

/** A lab's directory. */
export interface LabDirectory {
  /** Whether it has the marker file; directories without it are never removed. */
  readonly marked: boolean;
  /** PID of the lab host's init, if it is alive. */
  readonly pid: number | undefined;
  /** The machine on which its lab host runs, if that is another one. */
  readonly machine: string | undefined;
  /** Whose it is, if another machine brought it up here: `USER@HOST`. That machine's Pulumi knows it. */
  readonly owner: string | undefined;
  /** Directories of the packages that its guests get: parts of guest images. */
  readonly packages: readonly string[];
}

/** Contents of a directory that may be a lab's. */
export function surveyLab(directory: string): LabDirectory {
  return {
    marked: existsSync(join(directory, MARK)),
    pid: new PrivateHost(directory).pid,
    machine: recordedPlace(directory)?.machine,
    owner: textOf(join(directory, OWNER))?.trim(),
    packages: Object.values(poolsBy((os) => linkOf(join(directory, poolLink(os))))),
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
