import { posixQuote } from "../../provision/posix-quote.ts";
import { tenth } from "../../verify/report/words.ts";
import type { findingsAsJson } from "../lint/format.ts";
import { eventWords } from "../matrix/index.ts";
import type { MatrixCell, MatrixResult } from "../report/result.ts";
import type { Replaced } from "./redaction.ts";

export interface About {
  /** The folder's name. */
  readonly own: string;
  /** The last rehearsal, if there is one. */
  readonly matrix?: MatrixResult;
  readonly findings: ReturnType<typeof findingsAsJson>;
  readonly files: readonly string[];
  readonly replaced: readonly Replaced[];
}

/** The text of the archive's README.md: what was expected, what happened, on what, and how to see it again. */
export function readme({ own, matrix, findings, files, replaced }: About): string {
  const failed = matrix?.cells.filter(({ passed }) => !passed) ?? [];
  const events = [...new Set(failed.map(({ event }) => event))];
  return [
    `# Rehearsal of ${own}`,
    "",
    `Configurations of keepalived with what they need to be rehearsed, packed by \`lvs-lab rehearse pack\`. Secrets were replaced: ${kindsOf(replaced)}. The`,
    "same secret has the same placeholder everywhere, in captures too; lines have their numbers.",
    "",
    ...cellsPart(matrix, failed),
    "",
    "## How to see it again",
    "",
    "In a checkout of lvs-lab, after its set-up (`npm run setup`):",
    "",
    "```sh",
    `npx lvs-lab rehearse lint ${posixQuote(own)}`,
    `npx lvs-lab rehearse ${posixQuote(own)}${events.length > 0 ? ` --only ${events.join(" ")}` : ""}`,
    "```",
    "",
    ...versionsPart(matrix),
    "",
    "## What lint finds",
    "",
    ...(findings.findings.length === 0
      ? ["Nothing."]
      : findings.findings.map(
          ({ file, line, level, message, rule }) => `- \`${own}/${file}:${line}\`: ${level}: ${message} [${rule}]`,
        )),
    "",
    "## Files",
    "",
    ...["README.md", ...files].sort().map((file) => `- \`${file}\``),
    "",
  ].join("\n");
}

/** `auth_pass 4 times, token 1 time`, or that there were none. */
export function kindsOf(replaced: readonly Replaced[]): string {
  const counts = new Map<string, number>();
  for (const { kind, at } of replaced) counts.set(kind, (counts.get(kind) ?? 0) + countOf(at));
  return [...counts].map(([kind, count]) => `${kind} ${count} ${count === 1 ? "time" : "times"}`).join(", ") || "none";
}

/** How many are at a place: a capture has many. */
const countOf = (at: number | string): number => Number(/^(\d+) packets$/.exec(String(at))?.[1] ?? 1);

function cellsPart(matrix: MatrixResult | undefined, failed: readonly MatrixCell[]): string[] {
  if (!matrix) return ["## What happened", "", "No rehearsal is in this archive."];
  const { cells, finished } = matrix;
  const count = `${cells.length} ${cells.length === 1 ? "run" : "runs"}`;
  return [
    "## What happened",
    "",
    failed.length === 0
      ? `${count}, and all passed.`
      : `${count}, of which ${failed.length} failed.${finished ? "" : " The rehearsal did not come to its end."}`,
    ...failed.flatMap((cell) => [
      "",
      `### ${eventWords(cell)}, ${cell.service}: ${cell.title}`,
      "",
      ...cellLines(cell),
    ]),
  ];
}

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

function versionsPart(matrix: MatrixResult | undefined): string[] {
  if (!matrix) return ["versions.json has the versions of what packed this."];
  const { lvsLab, node, hostKernel, acceleration, directors } = matrix.versions;
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
