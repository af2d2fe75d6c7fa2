import type { Command } from "commander";
import { interruptible } from "../../verify/live/interruptible.ts";
import { soak as runSoak, type SoakReport } from "../../verify/probe/soak.ts";
import { countsWords, latencyWords, outageWords, probeWords, tallyWords } from "../../verify/report/words.ts";
import { serviceOf } from "../../verify/scenarios/selectors.ts";
import { exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { type JsonOptions, jsonOption, serviceOption, stackOption, wholeNumber } from "../options.ts";
import { holdingStack } from "../stack-lock.ts";

export const soak = (program: Command): void => {
  program
    .command("soak")
    .description(
      "send many requests to the VIP at a steady rate, without faults: none may fail, and rr must share them equally",
    )
    .addOption(stackOption())
    .addOption(jsonOption())
    .addOption(serviceOption())
    .option("--requests <count>", "number of requests", wholeNumber(), 100_000)
    .option("--rate <count>", "requests per second", wholeNumber(), 200)
    .action(
      async ({
        stack,
        json,
        service,
        requests,
        rate,
      }: JsonOptions & { requests: number; rate: number; service?: string }) => {
        const report = await holdingStack(stack, async () => {
          const live = await liveLab(stack);
          return await interruptible((signal) =>
            runSoak(live, serviceOf(live.lab, service), {
              requests,
              rate,
              signal,
              onProgress: (message) => console.error(message),
            }),
          );
        });
        console.log(json ? JSON.stringify(report, null, 2) : formatSoak(report));
        if (!report.passed) process.exitCode = exitStatus.failed;
      },
    );
};

function formatSoak({ passed, seconds, rate, load, outage, unevenBy, evenShares }: SoakReport): string {
  const even = evenShares ? `: uneven by ${unevenBy}, rr allows at most 1` : "";
  return [
    `${passed ? "✓" : "✗"} ${load.counts.total} requests in ${seconds.toFixed(1)} s, ${rate.achieved.toFixed(1)} a second`,
    `  ${countsWords(load.counts)}`,
    `  ${tallyWords(load.perServer)}${even}`,
    ...(outage.longest ? [`  longest outage: ${outageWords(outage)}`] : []),
    `  latency ${latencyWords(load.latency)}`,
    `  probe ${probeWords(load)}`,
  ].join("\n");
}
