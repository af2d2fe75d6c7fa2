import { rm } from "node:fs/promises";
import { stackLockFile } from "../stack-lock.ts";
import { FIX, type Finding } from "./finding.ts";
import { ifFree, type PulumiLock, pulumiLocks, readLock } from "./locks.ts";

/** Pulumi locks whose holder has ended: they block a plain `pulumi`. */
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
        problem: `The stack ${stack} is locked by ${who}. Cannot check from here whether it still runs (${file}).`,
        fix: `if it has ended, pulumi cancel --yes --stack ${stack}`,
      },
    ];
  const repair = () =>
    ifFree(stackLockFile(stack), async () => {
      const now = await readLock(stack, file);
      if (now && now.holder !== "dead") throw new Error(`${now.who} now holds the lock`);
      for (const name of [file, `${file}.attrs`]) await rm(name, { force: true });
    });
  return [
    { ...about, problem: `The stack ${stack} is locked by ${who}, which has ended (${file}).`, fix: FIX, repair },
  ];
}
