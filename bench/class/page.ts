import { minutes } from "../../verify/report/words.ts";
import type { PartResult } from "../harness/results.ts";
import { figure, markdownTable } from "../harness/tables.ts";
import { type Compared, compare, costsOf, emulationIn, isWithin } from "./fit.ts";
import { type Act, acts, type Costs, type Emulation, type Facts, type Plan, plan, underKvm } from "./model.ts";
import { checkedSize, pointsIn, sizeName } from "./points.ts";

/** Students of the table. */
const STUDENTS = 30;
const MACHINES = [1, 3];

/** A machine that nobody has measured on, for which KVM's figures are estimated. */
const larger: Facts = { processors: 16, memory: 64 * 1024 };

const doing: Readonly<Record<Act, string>> = {
  up: "until all labs are up (`class up --snapshot`)",
  solution: "until all have the solution, typed at the same time",
  grade: "`class grade`",
  reset: "`class reset` of all",
};

/** The model against what was measured, as rows of a table, header first. */
export const comparedRows = (compared: readonly Compared[]): string[][] => [
  ["what", "model", "measured", "error", "limit"],
  ...compared.map((one) => [
    one.what,
    `${figure(one.predicted)} ${one.unit}`,
    `${figure(one.measured)} ${one.unit}`,
    `${signed(one.error)} %${isWithin(one) ? "" : " (too much)"}`,
    `${one.limit} %`,
  ]),
];

const signed = (value: number): string => `${value >= 0.5 ? "+" : ""}${Math.round(value)}`;

/** What a lab costs, as rows of a table, header first. */
export const costRows = (costs: Costs): string[][] => [
  ["each lab", "its processes, CPU", "lvs-lab and Pulumi, CPU", "without processor"],
  ...acts.map((act) => {
    const { lab, tools, alone } = costs.acts[act];
    return [acted[act], `${figure(lab)} s`, `${figure(tools)} s`, `${figure(alone)} s`];
  }),
];

const acted: Readonly<Record<Act, string>> = {
  up: "brought up, with its snapshot",
  solution: "the solution typed",
  grade: "graded",
  reset: "reset to the snapshot",
};

/** A column of the table of plans. */
interface Case {
  readonly title: string;
  readonly plan: Plan;
  readonly facts: Facts;
}

/** Plans side by side, as rows of a table, header first. */
export function planRows(cases: readonly Case[]): string[][] {
  const row = (what: string, cell: (one: Case) => string): string[] => [what, ...cases.map(cell)];
  const gib = (mib: number): string => `${figure(mib / 1024)} GiB`;
  const time = (seconds: number): string => (Number.isFinite(seconds) ? minutes(seconds * 1000) : "never");
  return [
    row("", ({ title }) => title),
    row("labs on a machine", ({ plan }) => String(plan.labs)),
    row("memory of its labs", ({ plan }) => gib(plan.memory)),
    row("its memory", ({ facts }) => gib(facts.memory)),
    row("disk of its labs", ({ plan }) => gib(plan.disk)),
    ...acts.map((act) => row(doing[act], ({ plan }) => time(plan.seconds[act]))),
    row("processors busy, class untouched", ({ plan }) => figure(plan.idle)),
    row("processors busy, in the lesson", ({ plan }) => figure(plan.working)),
    row("its processors", ({ facts }) => String(facts.processors)),
    row("most labs by memory", ({ plan }) => String(plan.most.memory)),
    row("most labs by processors", ({ plan }) => String(plan.most.processors)),
    row("what is too little", ({ plan }) => plan.lacks ?? "nothing"),
  ];
}

/** What follows from a record of the class: what a lab costs, the model against the last size, and 30 students. As Markdown. */
export function classPage({ rows, machine }: PartResult): string {
  const facts: Facts = { processors: machine.cpus, memory: machine.memory };
  const points = pointsIn(rows);
  const fitted = points.filter(({ labs }) => labs < checkedSize);
  if (fitted.length < 2) return "Too few sizes are recorded for the model: `npm run bench -- class` goes on.";
  const costs = costsOf(fitted, facts);
  const checked = points.find(({ labs }) => labs === checkedSize);
  const emulation = emulationIn(rows, points);
  const { memory, disk, idle } = costs;
  return [
    `**A lab**, from ${fitted.map(({ labs }) => labs).join(", ")} of them: ${figure(memory.each)} MiB of memory and ${figure(disk.each)} MiB of disk (and ${figure(memory.base)} and ${figure(disk.base)} MiB once); untouched, ${figure(idle * 100)} % of a processor.`,
    markdown(costRows(costs)),
    checked
      ? `**The model against ${sizeName(checkedSize)}**, which it has not seen:\n\n${markdown(comparedRows(compare(costs, checked, facts)))}`
      : `The model has not been checked: ${sizeName(checkedSize)} are not measured yet.`,
    `**${STUDENTS} students**, by the model:`,
    markdown(planRows(cases(costs, facts, emulation))),
    machine.acceleration === "kvm" ? "These guests ran under KVM." : kvmInWords(emulation),
  ].join("\n\n");
}

function cases(costs: Costs, facts: Facts, emulation: Emulation | undefined): Case[] {
  const kinds = [
    { title: "as measured on", facts, costs },
    ...(emulation ? [{ title: "KVM, estimated, on", facts: larger, costs: underKvm(costs, emulation) }] : []),
  ];
  return kinds.flatMap(({ title, facts: own, costs: each }) =>
    MACHINES.map((machines) => ({
      title: `${title} ${machines} machine${machines === 1 ? "" : "s"} of ${own.processors} processors, ${figure(own.memory / 1024)} GiB`,
      facts: own,
      plan: plan(each, own, { labs: STUDENTS, machines }),
    })),
  );
}

const kvmInWords = (emulation: Emulation | undefined): string =>
  emulation
    ? `KVM was not measured. Its columns are these figures with the labs' own processor time divided by ${figure(emulation.factor)}, which is how much slower an emulated guest is here than the machine itself (the smaller of the two ratios above), and without the ${figure(emulation.code)} MiB of translated code of a lab.`
    : "KVM was not measured, nor what an estimate of it needs.";

/** Figures, aligned to the right, after a first column of words. */
const markdown = (rows: readonly (readonly string[])[]): string => markdownTable(rows, (_name, index) => index > 0);
