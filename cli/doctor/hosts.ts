import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { openHost } from "../../provision/host/reach.ts";
import { type RunningHost, runningHosts, surveyLab } from "../../provision/host/survey.ts";
import { labsRoot } from "../../provision/paths.ts";
import { stackLockFile } from "../stack-lock.ts";
import { type Backend, backendBeside, mayKnow, readBackend } from "./backend.ts";
import { FIX, type Finding } from "./finding.ts";
import { labDirectories } from "./labs.ts";
import { ifFree, isBusy, pulumiLocks } from "./locks.ts";

/** Lab hosts that run and that no stack has. `backend` is Pulumi's directory; without one nothing tells whose a lab host is. */
export async function hostFindings(backend: string | undefined): Promise<Finding[]> {
  const lost = runningHosts().filter((host) => host.lost);
  if (backend === undefined) return lost.map(lostHost);
  const known = await readBackend(backend);
  const findings = lost.map(lostHost);
  for (const { stack, directory } of await labDirectories()) {
    const { pid, marked } = surveyLab(directory);
    if (pid === undefined || mayKnow(known, directory) || (await isBusy(stack, backend))) continue;
    findings.push(unknownHost({ stack, directory, pid, marked, backend, known }));
  }
  for (const host of runningHosts()) {
    const finding = await strayHost(host, known);
    if (finding) findings.push(finding);
  }
  return findings;
}

/** Nothing leads to it any more: it can be ended by its process alone. */
const lostHost = ({ pid, directory, end }: RunningHost): Finding => ({
  kind: "unknown-host",
  level: "warning",
  problem: `The lab host of ${directory} (PID ${pid}) runs, and its directory has been removed.`,
  fix: FIX,
  repair: end,
});

interface UnknownHost {
  readonly stack: string;
  readonly directory: string;
  readonly pid: number;
  readonly marked: boolean;
  readonly backend: string;
  readonly known: Backend;
}

function unknownHost({ stack, directory, pid, marked, backend, known }: UnknownHost): Finding {
  const about = { kind: "unknown-host", level: "warning" } as const;
  if (!marked)
    return {
      ...about,
      problem: `A lab host runs in ${directory} (PID ${pid}), no stack has it, and the directory is not marked as a lab's.`,
      fix: `kill -KILL ${pid}, and look at what is in the directory before you remove it`,
    };
  const problem = `The lab host in ${directory} (PID ${pid}) runs, and no stack has it.`;
  // Where Pulumi has never kept a stack, or no longer does, the lab may be of another backend.
  if (!known.used) return { ...about, problem, fix: `npm run down -- -s ${stack}` };
  const repair = () =>
    ifFree(stackLockFile(stack), async () => {
      const locked = (await pulumiLocks(backend)).some((lock) => lock.stack === stack && lock.holder !== "dead");
      if (locked || mayKnow(await readBackend(backend), directory) || !surveyLab(directory).marked)
        throw new Error(`the lab in ${directory} is in use by now`);
      await openHost({ kind: "private", directory }).destroy();
    });
  return { ...about, problem, fix: FIX, repair };
}

/** A lab host outside of this state directory: somebody set LVS_LAB_STATE to another one. Tests have theirs in the folder for temporary files. */
async function strayHost({ pid, directory, lost }: RunningHost, known: Backend): Promise<Finding | undefined> {
  if (lost || dirname(directory) === labsRoot() || directory.startsWith(`${tmpdir()}/`)) return undefined;
  if (!existsSync(directory)) return undefined; // a container's: it is in another file system
  const beside = backendBeside(directory);
  const isKnown = mayKnow(known, directory) || (beside !== undefined && mayKnow(await readBackend(beside), directory));
  if (isKnown) return undefined;
  return {
    kind: "unknown-host",
    level: "warning",
    problem: `The lab host in ${directory} (PID ${pid}) runs outside of this state directory, and no stack has it.`,
    fix: beside ? `LVS_LAB_STATE=${dirname(dirname(directory))} ${FIX}` : `kill -KILL ${pid}, and remove the directory`,
  };
}
