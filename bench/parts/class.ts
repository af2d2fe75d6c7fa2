import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { liveLab } from "../../cli/live-lab.ts";
import { hostPort } from "../../lab/index.ts";
import { freeMemory } from "../../provision/host/machine/memory.ts";
import { projectRoot, stateRoot } from "../../provision/paths.ts";
import { type BenchClass, solutionOf, withClass } from "../class/bench-class.ts";
import { compare, costsOf, isWithin } from "../class/fit.ts";
import type { Act } from "../class/model.ts";
import { comparedRows } from "../class/page.ts";
import {
  CLASS,
  checkedSize,
  GUEST,
  MACHINE,
  measures,
  ofLabs,
  ofTools,
  paces,
  pointsIn,
  SMALL,
  sizeName,
  sizes,
} from "../class/points.ts";
import { withPagesShared } from "../class/sharing.ts";
import { machine, type Spent, timed } from "../harness/machine.ts";
import { Ledger, type Row } from "../harness/measured.ts";
import type { Order, Outcome, Part } from "../harness/part.ts";
import { run } from "../harness/run.ts";
import { commandTime, diskOf, memoryOf, usageOf } from "../harness/usage.ts";

/** The smallest exercise of labs/: three guests of 512 MiB, the machines of `dr`. */
const EXERCISE = join(projectRoot, "labs/bare.yaml");
const SMALL_MEMORY = 256;

/** Seconds over which an untouched class and one under load are watched. */
const WATCHED = 60;

/** A class of 1, 2, 4 and 8 students by `lvs-lab class`, and the model that says what 30 need. Goes on where a run of this commit stopped. */
export const classPart: Part = {
  name: CLASS,
  title: "a class of 1, 2, 4 and 8 labs: memory, disk, times, idle and working; the model for 30",
  runs: 1,
  async measure(order) {
    const { say, keep } = order;
    const complete = order.kept.some(({ contender }) => contender === sizeName(checkedSize));
    const before = complete ? [] : order.kept;
    const has = (who: string): boolean => before.some(({ contender }) => contender === who);
    const record: Record = { rows: [...before], notes: new Set(commonNotes) };
    const outcome = (): Outcome => ({ ...record, notes: [...record.notes] });

    if (!has(SMALL))
      await withClass("benchsmall", async (one) => {
        const file = join(stateRoot(), `bare-${SMALL_MEMORY}.yaml`);
        await writeFile(file, `${await readFile(EXERCISE, "utf8")}\nmemory: ${SMALL_MEMORY}\n`);
        await measureSmall(one, file, record, order);
        await keep(outcome());
      });
    await withClass("bench", async (one) => {
      await one.make(EXERCISE);
      const free = freeMemory();
      const left = sizes.filter((size) => !has(sizeName(size)));
      const there = sizes.filter((size) => has(sizeName(size))).at(-1) ?? 0;
      if (there > 0) {
        say(`${sizeName(there)}, measured before: brings them up again`);
        await one.up(await one.enrol(there));
      }
      for (const size of left) {
        await measureSize(one, { size, free }, record, order);
        await keep(outcome());
      }
    });
    return { ...outcome(), ...judged(record.rows) };
  },
};

/** What is measured so far. */
interface Record {
  rows: Row[];
  readonly notes: Set<string>;
  acceleration?: string;
}

const commonNotes = [
  `The exercise is labs/bare.yaml: three guests of 512 MiB. Each size has the labs of the one before. \`labsAtOnce\` is the default, half of the processors.`,
  "Memory is the sum of proportional set sizes (proc(5), smaps_rollup); the labs' processes are all those in the PID namespaces of their lab hosts.",
  "The solution is what `lvs-lab explain --script` prints, in all labs at once, one server after the other.",
];

/** Holds the last size against the model of the others. */
function judged(rows: readonly Row[]): Pick<Outcome, "failure"> {
  const points = pointsIn(rows);
  const facts = { processors: machine().cpus, memory: machine().memory };
  const checked = points.find(({ labs }) => labs === checkedSize);
  if (!checked) return { failure: `${sizeName(checkedSize)} were not measured` };
  const costs = costsOf(
    points.filter(({ labs }) => labs < checkedSize),
    facts,
  );
  const compared = compare(costs, checked, facts);
  for (const line of comparedRows(compared)) console.error(line.join("  "));
  const off = compared.filter((one) => !isWithin(one)).map(({ what }) => what);
  return off.length > 0 ? { failure: `the model is off by more than its limit: ${off.join(", ")}` } : {};
}

/** What something done to the class took: seconds, and whose processor time. */
interface Taken extends Spent {
  readonly labs: number;
  readonly tools: number;
}

/** Does something to the class. @param before processor seconds of its labs so far */
async function taking(
  one: BenchClass,
  work: () => Promise<unknown>,
  before = usageOf(one.directories).cpu,
): Promise<Taken> {
  const commands = commandTime();
  const spent = await timed(work);
  return { ...spent, labs: usageOf(one.directories).cpu - before, tools: commandTime() - commands };
}

/** Of processor time, the part above which the machine was not idle otherwise, and the figures are too high. */
const OTHERS = 0.2;

/**
 * Adds labs up to a size, and measures the class.
 * @param free bytes of memory that were free before the first lab
 */
async function measureSize(
  one: BenchClass,
  { size, free }: { readonly size: number; readonly free: number },
  record: Record,
  { say }: Order,
): Promise<void> {
  const who = sizeName(size);
  const ledger = new Ledger();
  const add = (name: Act, { wall, cpu, labs, tools }: Taken): void => {
    ledger.add(measures[name], who, wall);
    ledger.add(measures[name], who, cpu, "CPU s");
    ledger.add(ofLabs(name), who, labs, "CPU s");
    ledger.add(ofTools(name), who, tools, "CPU s");
    if (cpu - labs - tools > OTHERS * cpu)
      record.notes.add(
        `Meanwhile the machine was not idle otherwise: of ${who}, ${measures[name]}, ${Math.round(cpu - labs - tools)} of ${Math.round(cpu)} CPU s are neither the labs' nor the commands'.`,
      );
  };
  const fresh = one.ids.length === 0;
  const before = fresh ? 0 : usageOf(one.directories).cpu;
  const added = await one.enrol(size);
  say(`${who}: class up of ${added.length}`);
  let each: number[] = [];
  const up = async (): Promise<void> => {
    each = await one.up(added);
  };
  add("up", await taking(one, up, before));
  for (const value of each) ledger.add(measures.each, who, value);
  const live = await liveLab(one.stackOf("s1"));
  record.acceleration = live.acceleration;
  ledger.add(measures.fresh, who, usageOf(one.directories).memory.guests, "MiB");
  ledger.add(measures.disk, who, await diskOf(one.directories), "MiB");

  if (fresh) {
    say("a guest's pace, and the machine's");
    for (const row of await pacesOf(one, "s1")) record.rows.push(row);
  }
  say(`${who}: untouched, for ${WATCHED} s`);
  ledger.add(measures.idle, who, (await taking(one, () => delay(WATCHED * 1000))).labs, "CPU s");

  say(`${who}: the solution in all labs`);
  const scripts = await solutionOf(EXERCISE, live.lab.servers);
  add("solution", await taking(one, () => solveAll(one, scripts)));
  const { memory } = usageOf(one.directories);
  ledger.add(measures.guests, who, memory.guests, "MiB");
  ledger.add(measures.code, who, memory.code, "MiB");
  ledger.add(measures.rest, who, memory.rest, "MiB");
  ledger.add(measures.taken, who, (free - freeMemory()) / 2 ** 20, "MiB");
  say(`${who}: class grade`);
  add("grade", await taking(one, () => one.lvs("grade")));

  say(`${who}: under load, for ${WATCHED} s`);
  const [service] = live.lab.services;
  if (!service) throw new Error("the exercise has no service");
  await one.underLoad(`http://${hostPort(service.vip, service.port)}/`, { seconds: WATCHED + 10 }, async () => {
    await delay(5000); // all clients have begun
    ledger.add(measures.load, who, (await taking(one, () => delay(WATCHED * 1000))).labs, "CPU s");
  });

  say(`${who}: page sharing`);
  const sharing = await withPagesShared(() => memoryOf(one.directories));
  if (typeof sharing === "string") record.notes.add(`Page sharing was not measured: ${sharing}.`);
  else {
    ledger.add(measures.sharedBefore, who, sharing.before, "MiB");
    ledger.add(measures.shared, who, sharing.after, "MiB");
  }

  say(`${who}: class reset`);
  ledger.add(measures.resetOne, who, (await timed(() => one.lvs("reset", ["s1"]))).wall);
  add("reset", await taking(one, () => one.lvs("reset", one.ids)));
  record.rows.push(...ledger.rows());
}

/** Types the solution in all labs at once. */
async function solveAll(one: BenchClass, scripts: Awaited<ReturnType<typeof solutionOf>>): Promise<void> {
  await Promise.all(
    one.ids.map(async (id) => {
      for (const { server, script } of scripts) await one.type(id, server, script);
    }),
  );
}

/** One lab whose guests have less memory: that the exercise can be done on it, and what it saves. */
async function measureSmall(one: BenchClass, file: string, record: Record, { say }: Order): Promise<void> {
  const ledger = new Ledger();
  say(`${SMALL}: class up`);
  await one.make(file);
  const added = await one.enrol(1);
  const up = await timed(() => one.up(added));
  ledger.add(measures.up, SMALL, up.wall);
  ledger.add(measures.up, SMALL, up.cpu, "CPU s");
  const live = await liveLab(one.stackOf("s1"));
  record.acceleration = live.acceleration;
  ledger.add(measures.fresh, SMALL, usageOf(one.directories).memory.guests, "MiB");
  ledger.add(measures.disk, SMALL, await diskOf(one.directories), "MiB");
  say(`${SMALL}: the solution`);
  const scripts = await solutionOf(file, live.lab.servers);
  const solution = await timed(() => solveAll(one, scripts));
  ledger.add(measures.solution, SMALL, solution.wall);
  ledger.add(measures.solution, SMALL, solution.cpu, "CPU s");
  const { memory } = usageOf(one.directories);
  ledger.add(measures.guests, SMALL, memory.guests, "MiB");
  ledger.add(measures.code, SMALL, memory.code, "MiB");
  const grade = await timed(() => one.lvs("grade"));
  ledger.add(measures.grade, SMALL, grade.wall);
  record.rows.push(...ledger.rows());
}

/** The same two commands in a guest and on the machine, three times each, in turns. */
async function pacesOf(one: BenchClass, id: string): Promise<Row[]> {
  const commands = {
    loop: "perl -e 'my $sum = 0; $sum += $_ % 7 for 1 .. 2_000_000'",
    forks: "for i in {1..200}; do /bin/true; done",
  } as const;
  const ledger = new Ledger();
  const [server] = (await liveLab(one.stackOf(id))).lab.servers;
  for (let round = 0; round < 3; round++)
    for (const pace of ["loop", "forks"] as const) {
      // The shell's own clock, so that no login is in it.
      const script = `TIMEFORMAT=%R; { time { ${commands[pace]}; } 2>/dev/null; } 2>&1`;
      const guest = await one.type(id, server?.name ?? "", script);
      ledger.add(paces[pace], GUEST, Number(guest));
      ledger.add(paces[pace], MACHINE, Number(await run(["bash", "-c", script])));
    }
  return ledger.rows();
}
