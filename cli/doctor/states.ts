import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { surveyLab } from "../../provision/host/survey.ts";
import { brokenSidecars } from "../sidecars.ts";
import { stackLockFile } from "../stack-lock.ts";
import { readBackend } from "./backend.ts";
import { FIX, type Finding } from "./finding.ts";
import { ifFree, isBusy } from "./locks.ts";

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
  for (const { stack, recorded } of stacks) {
    findings.push(...(await sidecarFindings(stack, backend)));
    for (const directory of recorded) {
      const { pid, machine } = surveyLab(directory);
      // Whether it runs on another machine, `up` and `status` see: the doctor stays on this one.
      if (pid !== undefined || machine !== undefined || (await isBusy(stack, backend))) continue;
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
  }
  return findings;
}

/** Sidecar files that a killed pulumi left: they keep Pulumi from reading the stack. */
async function sidecarFindings(stack: string, backend: string): Promise<Finding[]> {
  const broken = await brokenSidecars(backend, stack);
  // A pulumi that runs may be writing them.
  if (broken.length === 0 || (await isBusy(stack, backend))) return [];
  return broken.map((file) => ({
    kind: "pulumi-state",
    level: "error",
    problem: `Pulumi cannot read the stack ${stack}: an earlier run was killed while writing ${file}.`,
    fix: FIX,
    repair: () => ifFree(stackLockFile(stack), () => rm(file, { force: true })),
  }));
}
