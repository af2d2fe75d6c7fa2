import { FileError, formatFileError } from "../lab/index.ts";
import { HostCommandError } from "../provision/host/command.ts";
import { LabHostDownError, MachineError } from "../provision/host/reach.ts";
import { RemoteCommandError, UnreachableError } from "../provision/ssh/index.ts";
import { missingPackage } from "../setup/missing-package.mjs";
import { InterruptedError } from "../verify/live/interruptible.ts";
import { LabError } from "../verify/live/lab-error.ts";
import { commandFailure } from "./command-failure.ts";
import { CliError, exitStatus } from "./exit-status.ts";

/** The printed form of an error, and its exit status. */
interface Reported {
  readonly status: number;
  /** What to print: text, or an unexpected error with its stack. */
  readonly shown: unknown;
}

/** lvs-lab's own errors and failed commands show only a message; any other error is a bug and shows its stack. */
export function reportOf(error: unknown): Reported {
  if (error instanceof FileError) return { status: exitStatus.configuration, shown: formatFileError(error) };
  const status = statusOf(error);
  if (status !== undefined) return { status, shown: `lvs-lab: ${(error as Error).message}` };
  const missing = missingPackage(error);
  if (missing !== undefined) return { status: exitStatus.configuration, shown: `lvs-lab: ${missing}` };
  const failure = commandFailure(error) ?? fullDisk(error);
  if (failure !== undefined) return { status: exitStatus.failed, shown: `lvs-lab: ${failure}` };
  return { status: exitStatus.internal, shown: error };
}

/** Exit status of an error that the user can fix. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof CliError) return error.status;
  if (error instanceof LabError) return error.kind === "misuse" ? exitStatus.configuration : exitStatus.failed;
  if (error instanceof InterruptedError) return exitStatus.cancelled;
  if (error instanceof UnreachableError) return exitStatus.timeout;
  if ([RemoteCommandError, HostCommandError, LabHostDownError, MachineError].some((kind) => error instanceof kind))
    return exitStatus.failed;
  return undefined;
}

/** Message for a full file system. */
function fullDisk(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, message }: NodeJS.ErrnoException = error;
  if (code !== "ENOSPC" && code !== "EDQUOT") return undefined;
  return `${message}. Fix: free disk space; \`npm run down\` removes a lab, with \`--force\` even without Pulumi`;
}
