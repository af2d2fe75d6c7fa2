import { rm } from "node:fs/promises";
import { stackLockFile } from "../stack-lock.ts";
import { FIX, type Finding } from "./finding.ts";
import { ifFree, type PulumiLock, pulumiLocks, readLock } from "./locks.ts";

/** Locks of Pulumi's whose holder has ended: the literal `pulumi` is locked out by them. */
export async function staleLockFindings(backend: string): Promise<Finding[]> {
  return (await pulumiLocks(backend)).flatMap(findingOf);
}

function findingOf({ stack, file, holder, who }: PulumiLock): Finding[] {
  if (holder === "live") return [];
  const about = { kind: "stale-lock", level: "warning" } as const;
  if (holder === "unseen")
    return [
      {
        ...about,
        problem: `The stack ${stack} is locked by ${who}, and whether that runs cannot be seen from here (${file}).`,
        fix: `if it has ended, pulumi cancel --yes --stack ${stack}`,
      },
    ];
  const repair = () =>
    ifFree(stackLockFile(stack), async () => {
      const now = await readLock(stack, file);
      if (now && now.holder !== "dead") throw new Error(`${now.who} holds the lock by now`);
      for (const name of [file, `${file}.attrs`]) await rm(name, { force: true });
    });
  return [
    { ...about, problem: `The stack ${stack} is locked by ${who}, which has ended (${file}).`, fix: FIX, repair },
  ];
}
