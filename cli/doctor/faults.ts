import { join } from "node:path";
import { surveyLab } from "../../provision/host/survey.ts";
import { type Injected, injectedIn } from "../../verify/faults/ledger.ts";
import type { Finding } from "./finding.ts";
import { labDirectories } from "./labs.ts";
import { isBusy } from "./locks.ts";

/** Faults injected into a lab that no command works on. */
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
        problem: `Cannot read the fault records in ${join(directory, "faults")}: ${faults.message}.`,
        fix: `remove the damaged record, then npm run up -- -s ${stack}`,
      });
    else if (faults.length > 0)
      findings.push({
        kind: "faults",
        level: "warning",
        problem: `Faults are still injected in the lab of the stack ${stack}: ${faults.map(inWords).join(", ")}.`,
        fix: pid === undefined ? `npm run up -- -s ${stack}` : `npx lvs-lab heal -s ${stack}`,
      });
  }
  return findings;
}

const inWords = ({ fault, server, since }: Injected): string => `${fault} on ${server} since ${since}`;
