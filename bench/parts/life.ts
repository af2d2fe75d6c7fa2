import { ansible } from "../contenders/ansible.ts";
import type { Contender, Session } from "../contenders/contender.ts";
import { floor, floorScript } from "../contenders/floor.ts";
import { ours } from "../contenders/ours.ts";
import { type BenchLab, served, withLab } from "../harness/bench-lab.ts";
import { stopwatch, timed } from "../harness/machine.ts";
import { alternating, joined, Ledger, type Row } from "../harness/measured.ts";
import type { Order, Outcome, Part } from "../harness/part.ts";
import { run } from "../harness/run.ts";
import { SshAccess } from "../harness/ssh-access.ts";

/** Steps of a lab's life with each contender, in this order. */
export const steps = ["provision", "nothing", "change", "mend"] as const;
export type Step = (typeof steps)[number];

const contenders: readonly Contender[] = [ours, ansible, floor];

/** Number of runs with nothing to do on one lab. */
const AGAIN = 3;

/** The minimum for a program started by node. */
const NODE = "floor: node that ends at once";

const titles: Readonly<Record<Step, string>> = {
  provision: "fresh servers made into the lab `ha`, until the client is served",
  nothing: "a second run with nothing to do",
  change: "another scheduler",
  mend: "a broken real server made good",
};

/**
 * Measures contenders on labs, one after another: each round creates a fresh bare lab for each contender, lets it provision the lab, and
 * runs the other steps. The lab's own checks verify each state. A contender that fails, or whose lab fails the checks, is excluded: its
 * figures are left out, a note says why, and the others go on. Only lvs-lab must not fail.
 */
export async function liveThrough(
  wanted: readonly Step[],
  { runs, oursAlone, say }: Order,
): Promise<Map<Step, Outcome>> {
  const notes: string[] = [];
  const books = new Map<Contender, ReadonlyMap<Step, Ledger>>();
  for (const contender of oursAlone ? [ours] : contenders) {
    const missing = contender.missing();
    if (missing === undefined) books.set(contender, new Map(wanted.map((step) => [step, new Ledger()])));
    else notes.push(`${contender.name} was left out: ${missing}.`);
    if (missing === undefined && contender.version) notes.push(await contender.version());
  }
  let acceleration: string | undefined;
  for (let round = 0; round < runs; round++)
    for (const contender of alternating([...books.keys()], round)) {
      const ledgers = books.get(contender);
      if (!ledgers) continue;
      say(`${contender.name}, run ${round + 1} of ${runs}: a fresh lab`);
      try {
        await withLab(contender.id, async (lab) => {
          await lab.use("bare-ha");
          await lab.lvs("up");
          const live = await lab.live();
          acceleration = live.acceleration;
          const session = await contender.begin(lab, live);
          try {
            await oneLife({ lab, contender, session, ledgers, say });
          } finally {
            await session.end();
          }
        });
      } catch (error) {
        if (contender === ours) throw error;
        const [first = ""] = (error as Error).message.split("\n");
        say(`${contender.name} failed and is left out from now on: ${(error as Error).message}`);
        notes.push(`${contender.name} was left out: it failed in run ${round + 1}, ${first}`);
        books.delete(contender);
      }
    }
  const rowsOf = (step: Step): Row[] =>
    joined([...books.values()].flatMap((ledgers) => ledgers.get(step)?.rows() ?? []));
  return new Map(wanted.map((step) => [step, { rows: rowsOf(step), notes, acceleration }] as const));
}

interface Life {
  readonly lab: BenchLab;
  readonly contender: Contender;
  readonly session: Session;
  readonly ledgers: ReadonlyMap<Step, Ledger>;
  readonly say: (message: string) => void;
}

async function oneLife({ lab, contender: { name }, session, ledgers, say }: Life): Promise<void> {
  const live = await lab.live();
  /** Times a selected step. Other steps are skipped, except provisioning, which all steps need. */
  const measure = async (step: Step, measure: string, who: string, work: () => Promise<void>) => {
    await session.cool?.();
    const { wall, cpu } = await timed(work);
    ledgers.get(step)?.add(measure, who, wall);
    ledgers.get(step)?.add(measure, who, cpu, "CPU s");
  };

  say(`${name}: provision`);
  await session.cool?.();
  const watch = stopwatch();
  await session.provision();
  const command = watch();
  await served(live);
  const whole = watch();
  const provision = ledgers.get("provision");
  provision?.add("until the client is served", name, whole.wall);
  provision?.add("until the client is served", name, whole.cpu, "CPU s");
  provision?.add("until the command has ended", name, command.wall);
  await lab.check();

  if (ledgers.has("nothing")) {
    say(`${name}: nothing to do`);
    for (let time = 0; time < AGAIN; time++) {
      for (const [who, again] of Object.entries(session.again)) await measure("nothing", "nothing to do", who, again);
      await measure("nothing", "nothing to do", NODE, async () => void (await run([process.execPath, "-e", "0"])));
    }
  }

  if (ledgers.has("change")) {
    say(`${name}: another scheduler`);
    await session.edit("wrr");
    await measure("change", "another scheduler", name, session.change);
    if (!session.owns) {
      // The checks expect what the stack says; in a bare stack that has no other effect.
      await lab.use("bare-ha", { scheduler: "wrr" });
      await lab.up();
    }
    await lab.check();
  }

  if (ledgers.has("mend")) {
    say(`${name}: a broken real server`);
    const access = await SshAccess.to(live);
    try {
      await access.script("server2", await floorScript("break"));
    } finally {
      await access.end();
    }
    await measure("mend", "a broken real server", name, session.mend);
    await lab.check();
  }
}

/** The four steps as separate parts. Selected together, they share their labs. */
export const lifeParts: readonly Part[] = steps.map((step) => ({
  name: step,
  title: titles[step],
  runs: 3,
  async measure(order) {
    const outcome = (await liveThrough([step], order)).get(step);
    if (!outcome) throw new Error(`${step} was not measured`);
    return outcome;
  },
}));
