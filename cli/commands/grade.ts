import type { Command } from "commander";
import { formatGrade, gradeLab } from "../../verify/grade/index.ts";
import { mustBeUp } from "../../verify/live/live-lab.ts";
import { exitStatus } from "../exit-status.ts";
import { liveLabWithFile } from "../live-lab.ts";
import { type JsonOptions, jsonOption, rebootsOption, stackOption } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";

interface GradeOptions extends JsonOptions {
  readonly faults?: boolean;
  readonly reboots?: boolean;
}

export const grade = (program: Command): void => {
  program
    .command("grade")
    .description(
      "grade the lab as an exercise: what is done, wrong or missing, and what to do; exit status 0 at full marks",
    )
    .addOption(stackOption())
    .addOption(jsonOption())
    .option("--faults", "also run the tasks that inject a fault for a moment, if all others are done")
    .addOption(rebootsOption())
    .action(async ({ stack, json, faults = false, reboots = false }: GradeOptions) => {
      const look = async () => {
        const live = await liveLabWithFile(stack);
        await mustBeUp(live);
        const found = await gradeLab(live, { faults, reboots });
        // A machine that was lost on the way is nobody's mistake.
        if (!found.passed) await mustBeUp(live);
        return found;
      };
      const found = await (faults || reboots ? holdingStack(stack, look) : look());
      console.log(json ? JSON.stringify(found, null, 2) : formatGrade(found, process.stdout.columns));
      if (!found.passed) process.exitCode = exitStatus.failed;
    });
};
