import { basename, join } from "node:path";
import { until } from "../../until.ts";
import { commandLine, isFirstOfItsNamespace, mountsOf, ownProcesses } from "../machine/processes.ts";

/** A running lab host, identified by its init process. */
export interface RunningHost {
  /** PID of its init on this machine. */
  readonly pid: number;
  readonly directory: string;
  /**
   * Whether its directory was removed, so that nothing else can find the lab host. False if the directory cannot be seen from here, as in a
   * container.
   */
  readonly lost: boolean;
  /** Kills it and everything that runs in it. */
  end(): Promise<void>;
}

/**
 * This user's running lab hosts, wherever their directories are. A lab host is PID 1 of a namespace and has the full command line of an
 * init started by PrivateHost: other programs may be called init.sh, too.
 */
export function runningHosts(): RunningHost[] {
  return ownProcesses().flatMap((pid) => {
    const directory = directoryOf(pid);
    if (directory === undefined) return [];
    const own = mountsOf(pid).filter(({ point }) => point === directory);
    const lost = own.at(-1)?.root.endsWith("//deleted") ?? false;
    return [{ pid, directory, lost, end: () => end(pid, directory) }];
  });
}

/** The lab's directory, if the process is a lab host's init: `bash DIRECTORY/init.sh DIRECTORY CAPABILITIES PORT`. */
function directoryOf(pid: number): string | undefined {
  const [shell = "", script, directory = "", capabilities = "", port = ""] = commandLine(pid);
  const isInit =
    basename(shell) === "bash" &&
    directory.startsWith("/") &&
    script === join(directory, "init.sh") &&
    basename(capabilities) === "qemu-capabilities" &&
    /^\d+$/.test(port) &&
    isFirstOfItsNamespace(pid);
  return isInit ? directory : undefined;
}

async function end(pid: number, directory: string): Promise<void> {
  if (directoryOf(pid) !== directory) return; // it has ended; the PID may be reused
  process.kill(pid, "SIGKILL");
  await until(
    async () => {
      if (directoryOf(pid) === directory) throw new Error("still there");
    },
    {
      seconds: 20,
      everyMs: 20,
      failed: () => new Error(`the lab host (PID ${pid}) was killed but has not ended after 20 s`),
    },
  );
}
