import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { labHostIn, openHost } from "../../provision/host/reach.ts";
import { type RunningHost, runningHosts, surveyLab } from "../../provision/host/survey.ts";
import { labsRoot } from "../../provision/paths.ts";
import { stackLockFile } from "../stack-lock.ts";
import { type Backend, backendBeside, mayKnow, readBackend } from "./backend.ts";
import { FIX, type Finding } from "./finding.ts";
import { labDirectories } from "./labs.ts";
import { ifFree, isBusy, pulumiLocks } from "./locks.ts";

/** Running lab hosts that belong to no stack. `backend`: Pulumi's directory; without it, their owners are unknown. */
export async function hostFindings(backend: string | undefined): Promise<Finding[]> {
  const lost = runningHosts().filter((host) => host.lost);
  if (backend === undefined) return lost.map(lostHost);
  const known = await readBackend(backend);
  const findings = lost.map(lostHost);
  for (const { stack, directory } of await labDirectories()) {
    const { pid, marked, owner } = surveyLab(directory);
    if (pid === undefined || owner !== undefined || mayKnow(known, directory) || (await isBusy(stack, backend)))
      continue;
    findings.push(unknownHost({ stack, directory, pid, marked, backend, known }));
  }
  for (const host of runningHosts()) {
    const finding = await strayHost(host, known);
    if (finding) findings.push(finding);
  }
  return findings;
}

/** A lab host whose directory is gone can only be ended by its process. */
const lostHost = ({ pid, directory, end }: RunningHost): Finding => ({
  kind: "unknown-host",
  level: "warning",
  problem: `The lab host of ${directory} (PID ${pid}) runs without its directory, which was removed.`,
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
      problem: `The lab host in ${directory} (PID ${pid}) belongs to no stack, and the directory is not marked as a lab's.`,
      fix: `kill -KILL ${pid}, then check the directory's contents before you remove it`,
    };
  const problem = `The lab host in ${directory} (PID ${pid}) runs and belongs to no stack.`;
  // If this backend has no stacks, the lab may belong to another backend.
  if (!known.used) return { ...about, problem, fix: `npm run down -- -s ${stack}` };
  const repair = () =>
    ifFree(stackLockFile(stack), async () => {
      const locked = (await pulumiLocks(backend)).some((lock) => lock.stack === stack && lock.holder !== "dead");
      if (locked || mayKnow(await readBackend(backend), directory) || !surveyLab(directory).marked)
        throw new Error(`the lab in ${directory} is now in use`);
      await openHost(labHostIn(directory)).destroy();
    });
  return { ...about, problem, fix: FIX, repair };
}

/** A lab host outside this state directory, from a run with another LVS_LAB_STATE. Hosts in the temporary directory belong to tests. */
async function strayHost({ pid, directory, lost }: RunningHost, known: Backend): Promise<Finding | undefined> {
  if (lost || dirname(directory) === labsRoot() || directory.startsWith(`${tmpdir()}/`)) return undefined;
  if (!existsSync(directory)) return undefined; // in a container's file system
  if (surveyLab(directory).owner !== undefined) return undefined; // another machine's Pulumi knows it
  const beside = backendBeside(directory);
  const isKnown = mayKnow(known, directory) || (beside !== undefined && mayKnow(await readBackend(beside), directory));
  if (isKnown) return undefined;
  return {
    kind: "unknown-host",
    level: "warning",
    problem: `The lab host in ${directory} (PID ${pid}) runs outside this state directory and belongs to no stack.`,
    fix: beside
      ? `LVS_LAB_STATE=${dirname(dirname(directory))} ${FIX}`
      : `kill -KILL ${pid}, then remove the directory`,
  };
}
