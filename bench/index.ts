/**
 * `npm run bench`: times the lab's tasks, next to the same tasks with a user's alternatives and to the minimum of work. Needs an otherwise
 * idle machine after the set-up.
 *
 *     npm run bench -- [PART…] [--runs N] [--ours] [--json FILE]
 *
 * Default part: `whole`. Figures replace those of the same part in docs/benchmarks.json; docs/benchmarks.md and its chart are written from
 * there. With --json, figures go to FILE instead (`-`: standard output), and docs/ stays unchanged.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeBenchmarkDocs } from "./docs.ts";
import { heedSignals, Interrupted, interruption } from "./harness/interruption.ts";
import { commit, machine } from "./harness/machine.ts";
import type { Order, Outcome, Part } from "./harness/part.ts";
import {
  keptRows,
  merged,
  noResults,
  type PartResult,
  readResults,
  resultsFile,
  writeResults,
} from "./harness/results.ts";
import { plainTable } from "./harness/tables.ts";
import { parts } from "./parts/index.ts";
import { liveThrough, type Step, steps } from "./parts/life.ts";

const usage = `npm run bench -- [PART…] [--runs N] [--ours] [--json FILE]

${parts.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

Without a part: whole. \`all\` is all of them.
--runs N     rounds, instead of each part's own number
--ours       the lab's own way alone, without Ansible and the bare commands
--json FILE  write figures there, and leave docs/ alone; - is standard output`;

heedSignals();

const say = (message: string): void => {
  interruption.throwIfAborted();
  console.error(`${new Date().toLocaleTimeString()}  ${message}`);
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string" },
      json: { type: "string" },
      ours: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const names = positionals.length === 0 ? ["whole"] : positionals;
  const unknown = names.filter((name) => name !== "all" && !parts.some((part) => part.name === name));
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (unknown.length > 0 || (runs !== undefined && !(Number.isInteger(runs) && runs > 0))) {
    const what = unknown.length > 0 ? `there is no part ${unknown.join(", ")}` : `--runs takes a whole number above 0`;
    console.error(`${what}\n\n${usage}`);
    return 2;
  }
  const wanted = parts.filter(({ name }) => names.includes("all") || names.includes(name));
  const file = values.json ?? resultsFile;

  // The benchmark's labs are kept apart from the user's.
  process.env.LVS_LAB_STATE = await mkdtemp(join(tmpdir(), "lvs-bench-"));
  const measuredAt = commit();
  const done: Record<string, PartResult> = {};
  const before = file === "-" ? noResults : await readResults(file);
  const record = async ({ name }: Part, { rows, notes, acceleration }: Outcome): Promise<void> => {
    if (rows.length > 0)
      done[name] = {
        date: new Date().toISOString(),
        commit: measuredAt,
        machine: machine(acceleration),
        notes,
        rows,
      };
    // Parts that were not measured keep their figures.
    if (file !== "-") await writeResults(file, merged(await readResults(file), done));
  };
  const orderOf = (part: Part): Order => ({
    ...{ runs: runs ?? part.runs, oursAlone: values.ours, say },
    kept: keptRows(before.parts[part.name], { commit: measuredAt, machineNow: machine }),
    keep: (sofar) => record(part, sofar),
  });
  let failed = false;
  try {
    for await (const [part, outcome] of measured(wanted, orderOf)) {
      const { rows, notes, failure } = outcome;
      const table = [
        part.title,
        "",
        ...(rows.length > 0 ? [plainTable(rows)] : []),
        ...notes.map((note) => `- ${note}`),
        "",
      ];
      (file === "-" ? console.error : console.log)(table.join("\n"));
      // Each part is written as soon as it is done: a later one may fail.
      await record(part, outcome);
      if (failure !== undefined) {
        console.error(`${part.name}: ${failure}`);
        failed = true;
      }
    }
    if (file === "-") console.log(JSON.stringify(merged(noResults, done), null, 2));
    if (file === resultsFile) await writeBenchmarkDocs();
  } catch (error) {
    const { reason } = interruption;
    if (!(reason instanceof Interrupted)) throw error;
    console.error(`${reason.message}; what was measured before is kept`);
    return 128 + constants.signals[reason.signal];
  } finally {
    await rm(process.env.LVS_LAB_STATE, { recursive: true, force: true });
  }
  return failed ? 1 : 0;
}

/** Runs parts one after another; parts of a lab's life that are selected together share their labs. */
async function* measured(wanted: readonly Part[], orderOf: (part: Part) => Order): AsyncGenerator<[Part, Outcome]> {
  const isStep = (name: string): name is Step => (steps as readonly string[]).includes(name);
  const together = wanted.filter(({ name }) => isStep(name));
  for (const part of wanted) {
    if (part === together[0] && together.length > 1) {
      const outcomes = await liveThrough(
        together.map(({ name }) => name as Step),
        orderOf(part),
      );
      for (const one of together) yield [one, outcomes.get(one.name as Step) as Outcome];
    } else if (!(together.length > 1 && together.includes(part))) yield [part, await part.measure(orderOf(part))];
  }
}
