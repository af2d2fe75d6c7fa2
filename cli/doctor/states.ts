import { existsSync } from "node:fs";
import { surveyLab } from "../../provision/host/survey.ts";
import { readBackend } from "./backend.ts";
import type { Finding } from "./finding.ts";
import { isBusy } from "./locks.ts";

/** Unreadable Pulumi states, and stacks whose lab is down. */
export async function stateFindings(backend: string): Promise<Finding[]> {
  const { stacks, damaged } = await readBackend(backend);
  const findings = damaged.map(
    ({ stack, file, why }): Finding => ({
      kind: "pulumi-state",
      level: "error",
      problem: `Cannot read Pulumi's state of the stack ${stack}: ${why} (${file}).`,
      fix: `npm run up -- -s ${stack}   (restores the last complete copy; without one, npm run down -- -s ${stack} --force)`,
    }),
  );
  for (const { stack, recorded } of stacks)
    for (const directory of recorded) {
      if (surveyLab(directory).pid !== undefined || (await isBusy(stack, backend))) continue;
      const why = existsSync(directory)
        ? `its lab host is not running, as after a reboot of the machine`
        : `its directory ${directory} is gone`;
      findings.push({
        kind: "lab-down",
        level: "warning",
        problem: `The lab of the stack ${stack} is down: ${why}.`,
        fix: `npm run up -- -s ${stack} brings it back, npm run down -- -s ${stack} removes it`,
      });
    }
  return findings;
}
