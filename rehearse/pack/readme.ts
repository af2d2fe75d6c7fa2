import { posixQuote } from "../../provision/posix-quote.ts";
import { ms, tenth } from "../../verify/report/words.ts";
import { eventWords } from "../matrix/index.ts";
import type { RollOutResult } from "../reload/result.ts";
import type { ReloadRow } from "../reload/row.ts";
import type { MatrixCell, MatrixResult } from "../report/result.ts";
import type { PackedFolder } from "./folder.ts";
import type { Replaced } from "./redaction.ts";
import type { RehearsalResult } from "./report.ts";

export interface About {
  /** One; of a roll-out the old one and the new. */
  readonly folders: readonly Pick<PackedFolder, "own" | "findings">[];
  /** The last rehearsal, if there is one. */
  readonly rehearsed?: RehearsalResult;
  readonly files: readonly string[];
  readonly replaced: readonly Replaced[];
}

/** The text of the archive's README.md: what was expected, what happened, on what, and how to see it again. */
export function readme({ folders, rehearsed, files, replaced }: About): string {
  const names = folders.map(({ own }) => own);
  const quoted = names.map(posixQuote);
  const [from, to] = quoted;
  const again = to === undefined ? `${from}${onlyOf(rehearsed)}` : `--from ${from} --to ${to}`;
  const findings = folders.flatMap(({ own, findings: { findings: all } }) =>
    all.map(({ file, line, level, message, rule }) => `- \`${own}/${file}:${line}\`: ${level}: ${message} [${rule}]`),
  );
  return [
    `# ${to === undefined ? "Rehearsal" : "Roll-out"} of ${names.at(-1)}`,
    "",
    `Configurations of keepalived with what they need to be rehearsed, packed by \`lvs-lab rehearse pack\`. Secrets were replaced: ${kindsOf(replaced)}. The`,
    "same secret has the same placeholder everywhere, in captures too; lines have their numbers.",
    "",
    "## What happened",
    "",
    ...whatHappened(rehearsed),
    "",
    "## How to see it again",
    "",
    "In a checkout of lvs-lab, after its set-up (`npm run setup`):",
    "",
    "```sh",
    ...quoted.map((name) => `npx lvs-lab rehearse lint ${name}`),
    `npx lvs-lab rehearse ${again}`,
    "```",
    "",
    ...versionsPart(rehearsed),
    "",
    "## What lint finds",
    "",
    ...(findings.length === 0 ? ["Nothing."] : findings),
    "",
    "## Files",
    "",
    ...["README.md", ...files].sort().map((file) => `- \`${file}\``),
    "",
  ].join("\n");
}

/** The option that runs again what has failed. */
function onlyOf(rehearsed: RehearsalResult | undefined): string {
  const failed = rehearsed?.format === "lvs-lab rehearsal" ? rehearsed.cells.filter(({ passed }) => !passed) : [];
  return failed.length > 0 ? ` --only ${[...new Set(failed.map(({ event }) => event))].join(" ")}` : "";
}

/** `auth_pass 4 times, token 1 time`, or that there were none. */
export function kindsOf(replaced: readonly Replaced[]): string {
  const counts = new Map<string, number>();
  for (const { kind, at } of replaced) counts.set(kind, (counts.get(kind) ?? 0) + countOf(at));
  return [...counts].map(([kind, count]) => `${kind} ${count} ${count === 1 ? "time" : "times"}`).join(", ") || "none";
}

/** How many are at a place: a capture has many. */
const countOf = (at: number | string): number => Number(/^(\d+) packets$/.exec(String(at))?.[1] ?? 1);

function whatHappened(rehearsed: RehearsalResult | undefined): string[] {
  if (!rehearsed) return ["No rehearsal is in this archive."];
  return rehearsed.format === "lvs-lab roll-out" ? rollOutPart(rehearsed) : cellsPart(rehearsed);
}

/** `3 runs, of which 1 failed.` */
const countWords = (all: readonly { readonly passed: boolean }[], noun: string): string => {
  const failed = all.filter(({ passed }) => !passed).length;
  return `${all.length} ${noun}${all.length === 1 ? "" : "s"}, ${failed === 0 ? "and all passed" : `of which ${failed} failed`}.`;
};

const UNFINISHED = " The rehearsal did not come to its end.";

const cellsPart = ({ cells, finished }: MatrixResult): string[] => [
  `${countWords(cells, "run")}${finished ? "" : UNFINISHED}`,
  ...cells
    .filter(({ passed }) => !passed)
    .flatMap((cell) => ["", `### ${eventWords(cell)}, ${cell.service}: ${cell.title}`, "", ...cellLines(cell)]),
];

const rollOutPart = ({ from, to, service, reloads, finished }: RollOutResult): string[] => [
  `The files of ${to} replaced those of ${from} on one director after the other, while clients asked ${service}.`,
  `${countWords(reloads, "reload")}${finished ? "" : UNFINISHED}`,
  ...reloads.flatMap((row) => ["", `### ${row.director}${row.passed ? "" : ", failed"}`, "", ...reloadLines(row)]),
];

const reloadLines = ({ outageMs, lost, broken, open, held, failures }: ReloadRow): string[] => [
  `- outage ${outageMs === null ? "none" : ms(outageMs)}; ${lost} requests lost; ${broken} of ${open} open connections broken`,
  ...held.map(
    ({ address, before, after, elected }) =>
      `- ${address} was held by ${holders(before)} before, by ${holders(after)} after; by the priorities of the files that ran then by ${holders(elected)}`,
  ),
  ...failures.map((one) => `- failed: ${one}`),
];

const cellLines = (cell: MatrixCell): string[] =>
  cell.measured ? measuredLines(cell) : cell.failures.map((one) => `- not measured: ${one}`);

const measuredLines = (cell: MatrixCell): string[] => [
  `- expected: ${expected(cell)}`,
  `- measured: ${measured(cell)}`,
  ...cell.failures.map((one) => `- failed: ${one}`),
  `- the VIP was held by ${holders(cell.vip.before)} before, ${holders(cell.vip.during)} during, ${holders(cell.vip.after)} after`,
  `- the client's ARP entry named ${cell.arp.before ?? "nobody"} before, ${cell.arp.during ?? "nobody"} during, ${cell.arp.after ?? "nobody"} after`,
];

const holders = (names: readonly string[]): string => names.join(" and ") || "nobody";

function expected({ promise, detection }: MatrixCell): string {
  if (detection) {
    const { minimum, maximum } = detection.promise;
    return `the real server is out of the table in ${tenth(minimum)} to ${tenth(maximum)} s`;
  }
  if (!promise) return "what the scenario says";
  const { minimumMs, maximumMs, toleranceMs, arithmetic } = promise;
  if (maximumMs === 0) return `no outage: ${arithmetic}`;
  return `an outage of ${Math.round(minimumMs)} to ${Math.round(maximumMs)} ms, up to ${Math.round(toleranceMs)} ms more accepted: ${arithmetic}`;
}

const measured = ({ detection, seen, failbackMs, lost }: MatrixCell): string =>
  [
    ...(detection ? [`out after ${tenth(detection.ms / 1000)} s`] : []),
    `outage ${seen}`,
    `failback ${failbackMs === null ? "none" : `${Math.round(failbackMs)} ms`}`,
    `${lost} requests lost`,
  ].join("; ");

function versionsPart(rehearsed: RehearsalResult | undefined): string[] {
  if (!rehearsed) return ["versions.json has the versions of what packed this."];
  const { lvsLab, node, hostKernel, acceleration, directors } = rehearsed.versions;
  return [
    "## Versions",
    "",
    `- lvs-lab ${lvsLab}, Node ${node}, on Linux ${hostKernel}; guests ${acceleration === "kvm" ? "by KVM" : "emulated"}`,
    ...directors.map(
      ({ name, keepalived, keepalivedPackage, os, kernel }) =>
        `- ${name}: keepalived ${keepalived ?? "not known"}${keepalivedPackage === null ? "" : ` (package ${keepalivedPackage})`}, ${os ?? "system not known"}, kernel ${kernel ?? "not known"}`,
    ),
  ];
}
