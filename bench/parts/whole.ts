import { withLab } from "../harness/bench-lab.ts";
import { timed } from "../harness/machine.ts";
import { alternating, Ledger } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";
import { PhaseWatch } from "./phases.ts";

const labs = ["ha", "ha-baked"] as const;

/** From nothing to a passing `check`, with plain and with baked guests, and the time of each phase. */
export const whole: Part = {
  name: "whole",
  title: "the lab `ha` from nothing to a passing check, plain and baked, by phase",
  runs: 1,
  async measure({ runs, say }) {
    const ledger = new Ledger();
    let acceleration: string | undefined;
    for (let round = 0; round < runs; round++)
      for (const base of alternating(labs, round)) {
        say(`${base}, run ${round + 1} of ${runs}`);
        await withLab(base, async (lab) => {
          await lab.use(base);
          const watch = new PhaseWatch();
          const up = await timed(() => lab.lvs("up", [], { onLine: watch.line }));
          const steps = watch.spent();
          const check = await timed(() => lab.lvs("check"));
          acceleration = (await lab.live()).acceleration;
          ledger.add("from nothing to a passing check", base, up.wall + check.wall);
          ledger.add("from nothing to a passing check", base, up.cpu + check.cpu, "CPU s");
          for (const [name, spent] of [...steps, ["check", check] as const]) {
            ledger.add(name, base, spent.wall);
            ledger.add(name, base, spent.cpu, "CPU s");
          }
        });
      }
    return { rows: ledger.rows(), notes: [], acceleration };
  },
};
