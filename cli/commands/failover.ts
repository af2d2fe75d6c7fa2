import type { Command } from "commander";
import { failoverReport, failoverScenario, formatFailover } from "../../verify/failover/index.ts";
import { serviceOf } from "../../verify/scenarios/index.ts";
import { exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { type JsonOptions, jsonOption, reportOption, serviceOption, stackOption } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";
import { reportLine, runAndReport } from "./scenario.ts";

export const failover = (program: Command): void => {
  program
    .command("failover")
    .description("power off the master under load, and compare the outage that the client sees with what VRRP promises")
    .addOption(stackOption())
    .addOption(jsonOption())
    .addOption(serviceOption())
    .addOption(reportOption())
    .action(async ({ stack, json, service, report: directory }: JsonOptions & { report: string; service?: string }) => {
      const { scenario, result, paths } = await holdingStack(stack, async () => {
        const live = await liveLab(stack);
        const chosen = await failoverScenario(live, serviceOf(live.lab, service));
        return { scenario: chosen, ...(await runAndReport(live, chosen, directory)) };
      });
      const found = failoverReport(result, scenario);
      console.log(
        json ? JSON.stringify({ ...found, report: paths }, null, 2) : `${formatFailover(found)}\n${reportLine(paths)}`,
      );
      if (found.interrupted !== undefined) process.exitCode = exitStatus.cancelled;
      else if (!found.passed) process.exitCode = exitStatus.failed;
    });
};
