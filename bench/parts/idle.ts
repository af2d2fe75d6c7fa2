import { ours } from "../contenders/ours.ts";
import { withLab } from "../harness/bench-lab.ts";
import { timed } from "../harness/machine.ts";
import { Ledger, type Row } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";
import { run } from "../harness/run.ts";

export const IDLE = "an `up` with nothing to do";

/**
 * Reference for an idle `up`, which is mostly node loading modules: node loading many modules, none of them the project's, so that changes
 * of the project do not affect it. Load that takes the CPU's caches slows both alike. (Node alone is too small a reference: against it an
 * `up` looked 35 % slower on such a day.)
 */
export const SDK = "plain node that imports Pulumi's SDK";

/** Measures what the guard compares, on a running lab: rounds of an `up` with nothing to do and three imports. @throws the error of `up` */
export async function idleRounds(up: () => Promise<unknown>, rounds: number): Promise<Row[]> {
  const ledger = new Ledger();
  for (let round = 0; round < rounds; round++) {
    ledger.add(IDLE, ours.name, (await timed(up)).wall);
    for (let time = 0; time < 3; time++)
      ledger.add(IDLE, SDK, (await timed(() => run([process.execPath, "-e", 'require("@pulumi/pulumi")']))).wall);
  }
  return ledger.rows();
}

/** Only the guard's figures, in two minutes. */
export const idle: Part = {
  name: "idle",
  title: "an `up` with nothing to do, in imports of Pulumi's SDK: what the guard watches",
  runs: 5,
  async measure({ runs, say }) {
    let rows: Row[] = [];
    let acceleration: string | undefined;
    await withLab("idle", async (lab) => {
      say("a lab");
      await lab.use("ha-baked");
      await lab.lvs("up");
      await lab.check();
      acceleration = (await lab.live()).acceleration;
      say(`${runs} rounds`);
      rows = await idleRounds(() => lab.up(), runs);
    });
    return { rows, notes: [], acceleration };
  },
};
