import type { RunResult } from "../../../../verify/report/result.ts";
import { aRun } from "./a-run.ts";

const hostile = `"><img src=x onerror=alert(1)></script><!--'&`;

/** Texts that code tells apart, which no lab can choose. */
const fixed = [
  "format",
  "startedAt",
  "kind",
  "role",
  "state",
  "id",
  "setup",
  "control",
  "acceleration",
  "fault",
  "outcomes",
];

/** A run in which every text that a lab could have a hand in would do harm as markup, names of servers too. */
export const aHostileRun = (): RunResult => spoil({ ...aRun(), interrupted: "x" }) as RunResult;

function spoil(value: unknown): unknown {
  if (typeof value === "string") return hostile;
  if (Array.isArray(value)) return value.map(spoil);
  if (value === null || typeof value !== "object") return value;
  const named = Object.entries(value).map(([name, one]) => [name, fixed.includes(name) ? one : spoil(one)] as const);
  const isTally = named.length > 0 && Object.keys(value).every((name) => /^(server\d|TIMEOUT)$/.test(name));
  return Object.fromEntries(isTally ? named.map(([name, one]) => [`${name} ${hostile}`, one]) : named);
}
