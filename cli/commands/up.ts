import type { Command } from "commander";
import { longestPreemptDelay } from "../../lab/index.ts";
import { operationsSince } from "../../provision/operation-log.ts";
import { runChecksUntilTheyPass } from "../../verify/checks/check.ts";
import { checks } from "../../verify/checks/index.ts";
import { Ledger } from "../../verify/faults/ledger.ts";
import { untilBooted } from "../../verify/faults/until-booted.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { CliError } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import { nextSteps } from "../next-steps.ts";
import { type StackOptions, stackOption } from "../options.ts";
import { formatPhases, phaseTimes } from "../phases.ts";
import { pulumiDo } from "../pulumi.ts";
import { prepareStack } from "../recover.ts";
import { finishRestore, SERVED, takeSnapshot } from "../snapshots.ts";
import { holdingStack, type StackLock } from "../stack-lock.ts";
import { formatTaken } from "./snapshot.ts";

interface UpOptions extends StackOptions {
  readonly snapshot?: boolean;
}

export const up = (program: Command): void => {
  program
    .command("up")
    .description("bring the lab up: repair what an interrupted run left, then `pulumi up`")
    .addOption(stackOption())
    .option("--snapshot", "when the lab serves, take the snapshot that `lvs-lab reset` restores")
    .action(async ({ stack, snapshot }: UpOptions) => await holdingStack(stack, (lock) => bringUp(lock, { snapshot })));
};

async function bringUp(lock: StackLock, { snapshot = false }: Pick<UpOptions, "snapshot">): Promise<void> {
  const { stack } = lock;
  const started = await prepareStack(lock, (message) => console.error(message));
  const begun = new Date();
  const status = await pulumiDo("up", stack);
  if (status !== 0)
    throw new CliError(
      `\`pulumi up\` ended with status ${status}; its finished work stays; run this command again to continue`,
      status,
    );
  const live = await liveLab(stack);
  // Pulumi does not wait for servers on which it changes nothing.
  const booting = live.servers.filter(({ name }) => started.includes(name));
  await Promise.all(booting.map(({ name }) => untilBooted(live, name)));
  const say = (message: string): void => console.error(message);
  await finishRestore(live, say);
  // Pulumi does not know of faults: heal those that a killed scenario left.
  await new Ledger(live).healAll(say);
  const times = phaseTimes(begun, await operationsSince(live.host, begun));
  if (times.length > 0) console.error(`\nIn ${formatPhases(times)}.`);
  if (snapshot) {
    await untilSettled(live);
    say(`\n${formatTaken(SERVED, await takeSnapshot(live, SERVED))}`);
  }
  console.error(nextSteps(live));
}

/** Seconds that a lab may take to pass all checks once it serves: VRRP may still move the VIP to the preferred master. */
const SETTLE_SECONDS = 60;

/** Waits until every check passes; skips manual labs. @throws CliError with the failing checks */
async function untilSettled(live: LiveLab): Promise<void> {
  if (live.lab.setup === "manual") return;
  const seconds = SETTLE_SECONDS + longestPreemptDelay(live.lab);
  const results = await runChecksUntilTheyPass(live, checks, { seconds });
  const failing = results.filter(({ passed }) => !passed).map(({ id, subject }) => `${id} of ${subject}`);
  if (failing.length > 0)
    throw new CliError(
      `the lab is up, but no snapshot was taken because checks fail: ${failing.join(", ")}. Fix: see \`npx lvs-lab check -s ${live.stack}\``,
    );
}
