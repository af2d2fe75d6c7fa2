import { z } from "zod";
import { property } from "./schema.ts";

const units = { ms: 1, s: 1000, m: 60_000 } as const;

/** The milliseconds of `20ms`, `1.5s` or `1m`; undefined for anything else, and for a fraction of a millisecond. */
export function parseDuration(text: unknown): number | undefined {
  const match = typeof text === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) : null;
  const ms = Number(match?.[1]) * units[match?.[2] as keyof typeof units];
  return match && Math.abs(ms - Math.round(ms)) < 1e-6 ? Math.round(ms) : undefined;
}

/** The milliseconds of a duration that the schema has accepted. */
export function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new Error(`the schema let ${text} pass as a duration`);
  }
  return ms;
}

/** The shortest text that `parseDuration` reads: `20ms`, `2s`, `1m`. */
export function formatDuration(ms: number): string {
  const unit = ms > 0 && ms % units.m === 0 ? "m" : ms > 0 && ms % units.s === 0 ? "s" : "ms";
  return `${ms / units[unit]}${unit}`;
}

/** A duration with its unit, within limits given in milliseconds. `what` says what it is, `example` is the property as it may be written. */
export const duration = (min: number, max: number, what: string, example: string) =>
  property(
    z.custom<string>((value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= min && ms <= max;
    }),
    `${what}, from ${formatDuration(min)} to ${formatDuration(max)}`,
    withUnit(example),
  );

/** What to do about a value that is no duration. */
export const withUnit =
  (example: string) =>
  (value: unknown): string =>
    typeof value === "number" || (typeof value === "string" && /^\d+(\.\d+)?$/.test(value))
      ? `write the unit, ms, s or m: \`${example}\``
      : `write \`${example}\``;
