import { join } from "node:path";
import { surveyLab } from "../../provision/host/survey.ts";
import { type Injected, injectedIn } from "../../verify/faults/ledger.ts";
import type { Finding } from "./finding.ts";
import { labDirectories } from "./labs.ts";
import { isBusy } from "./locks.ts";

/** Faults that are in a lab while no command works on it. */
export async function faultFindings(backend: string | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { stack, directory } of await labDirectories()) {
    const { marked, pid } = surveyLab(directory);
    if (!marked || (await isBusy(stack, backend))) continue;
    const faults = await injectedIn(directory).catch((error: Error) => error);
    if (faults instanceof Error)
      findings.push({
        kind: "faults",
        level: "warning",
        problem: `The notes of faults in ${join(directory, "faults")} cannot be read: ${faults.message}.`,
        fix: `remove the damaged note, then npm run up -- -s ${stack}`,
      });
    else if (faults.length > 0)
      findings.push({
        kind: "faults",
        level: "warning",
        problem: `Faults are left in the lab of the stack ${stack}: ${faults.map(inWords).join(", ")}.`,
        fix: pid === undefined ? `npm run up -- -s ${stack}` : `npx lvs-lab heal -s ${stack}`,
      });
  }
  return findings;
}

const inWords = ({ fault, server, since }: Injected): string => `${fault} on ${server} since ${since}`;
