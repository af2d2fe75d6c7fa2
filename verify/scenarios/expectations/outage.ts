import { z } from "zod";
import { milliseconds } from "../../../lab/yaml/duration.ts";
import { property } from "../../../lab/yaml/schema.ts";
import { type Fault, mayMove } from "../../faults/fault.ts";
import { outageOf } from "../../probe/index.ts";
import { bandWords, ms, outageWords } from "../../report/words.ts";
import { isAsPromised, promiseOf } from "../promise.ts";
import { isPart, namesOf } from "../selectors.ts";
import { duration } from "../values.ts";
import { boundRules } from "./bounds.ts";
import { defineExpectation, type Opening } from "./kind.ts";
import { inSchedule, settled } from "./requests.ts";

/**
 * Measure: the longest time without a connection that the client saw in the window (`Outage.longest` at the level `connection`), over by
 * now.
 * - `promised`: within what VRRP's timers promise for the fault that opened the window, and the tolerance; that fault is on the master;
 * - `none`: there was none, however short;
 * - a band, ends included, each granted the measurement's error. A bound that the file does not give is 0, or `Number.MAX_SAFE_INTEGER`.
 */
export interface OutageExpectation {
  readonly kind: "outage";
  readonly band: "promised" | "none" | { readonly atLeastMs: number; readonly atMostMs: number };
}

/** The upper bound where the file gives none. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

const bound = (key: string) => duration(0, 600_000, "a duration", `${key}: 3s`);

export const outage = defineExpectation({
  schema: property(
    z.union([
      z.enum(["promised", "none"]),
      z.strictObject({ atMost: bound("atMost").optional(), atLeast: bound("atLeast").optional() }),
    ]),
    "promised, none, or a map with atMost or atLeast",
    "write `outage: promised`, or `outage: { atMost: 1s }`",
  ),
  complete(value): OutageExpectation {
    if (typeof value === "string") return { kind: "outage", band: value };
    const { atLeast, atMost } = value;
    return {
      kind: "outage",
      band: {
        atLeastMs: atLeast === undefined ? 0 : milliseconds(atLeast),
        atMostMs: atMost === undefined ? UNBOUNDED : milliseconds(atMost),
      },
    };
  },
  rules: {
    ...boundRules("outage: { atMost: 1s }"),
    *"promise-without-fault"(value, { path, opening, faults }) {
      if (value !== "promised") return;
      const fault = faults.find(({ id }) => id === opening?.step.fault);
      if (opening && fault && !mayMove(fault)) {
        yield {
          path,
          expected: `promised after a fault by which the master goes: ${leaving(faults)}`,
          found: `promised after ${fault.id}, with which it stays master`,
          remedy: "put one of these on the master, or write `outage: { atMost: 1s }`",
          other: [...opening.path, "fault"],
        };
      } else if (!opening || !isOnMaster(opening)) {
        yield {
          path,
          expected: "promised after a fault on the master, which VRRP's timers answer",
          found: `promised ${opening ? `after ${inWords(opening)}` : "before any fault"}`,
          remedy: "move it after the fault, or write `outage: { atMost: 1s }`",
          ...(opening && { other: [...opening.path, "heal" in opening.step ? "heal" : "on"] }),
        };
      }
    },
  },
  labRules: {
    *"promise-without-fault"(value, { path, opening, lab, roles }) {
      const { fault, on } = opening?.step ?? {};
      if (value === "promised" && fault !== undefined && on && namesOf(on, lab, roles)?.[0] !== roles.master) {
        yield {
          path,
          expected: `promised after a fault on the master, ${roles.master}`,
          found: `promised after one on ${on}`,
          remedy: "put the fault on `master`, or write `outage: { atMost: 1s }`",
        };
      }
    },
  },
  needsKeepalived: (value) => value === "promised",
  load: "requests",
  isMeasure: () => true,
  waitsFor: "requests",
  expected({ band }, observed) {
    if (band === "none") return "the client sees no outage";
    if (band !== "promised") return `the client sees an outage of ${limits(band)}`;
    const promise = promiseOf(observed);
    return promise
      ? `the client sees an outage of ${bandWords(promise)} (${promise.arithmetic})`
      : "VRRP promises something";
  },
  async look({ band }, observed) {
    await settled(observed);
    const found = outageOf(inSchedule(observed), { since: observed.window.from });
    const seen = outageWords(found);
    if (band === "none") return { ok: found.longest === null, seen };
    if (band !== "promised") {
      const longest = found.longest ?? { ms: 0, errorMs: 0, to: 0 };
      const [least, most] = [longest.ms - longest.errorMs, longest.ms + longest.errorMs];
      return { ok: longest.to !== null && most >= band.atLeastMs && least <= band.atMostMs, seen };
    }
    const promise = promiseOf(observed);
    return promise
      ? { ok: isAsPromised(found, promise), seen }
      : { ok: false, seen: `${seen}; but no fault on the master opened this window, so VRRP promises nothing` };
  },
  hint: "The report's timeline shows which part took long: the advertisements' silence, the takeover, or the client's ARP entry. Jitter of the probe and of advertisements is printed beside.",
});

function limits({ atLeastMs, atMostMs }: Exclude<OutageExpectation["band"], string>): string {
  if (atMostMs === UNBOUNDED) return `at least ${ms(atLeastMs)}`;
  return atLeastMs === 0 ? `at most ${ms(atMostMs)}` : `${Math.round(atLeastMs)} to ${ms(atMostMs)}`;
}

/** Whether the step is a fault on the master, as far as that is known without a lab. */
const isOnMaster = ({ step: { fault, on } }: Opening): boolean =>
  fault !== undefined && (on === undefined || on === "master" || !isPart(on));

/** The faults that VRRP's timers answer. */
const leaving = (faults: readonly Fault[]): string =>
  faults
    .filter(mayMove)
    .map(({ id }) => id)
    .join(", ");

const inWords = ({ step }: Opening): string =>
  "heal" in step ? `the heal of ${step.heal}` : `${step.fault} on ${step.on}`;
