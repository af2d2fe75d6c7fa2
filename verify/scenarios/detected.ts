import { type HealthCheck, type RealServerFailure, removalTime, returnTime, seesFailure } from "../../lab/index.ts";
import type { Path } from "../../lab/yaml/document.ts";
import type { Rule } from "../../lab/yaml/rules.ts";
import type { Fault } from "../faults/fault.ts";
import { type Draft, type DraftStep, stepsOf } from "./draft.ts";
import type { InLab, Known } from "./expectations/kind.ts";
import { isPart, namesOf } from "./selectors.ts";
import { DETECTED } from "./values.ts";

/** What a step may take beyond the health check's own time, in milliseconds: looks over SSH at an emulated director, and its slower timers. */
const TOLERANCE_MS = 10_000;

/** A fault as health checks meet it, and whether it was injected or healed. */
export interface Detectable {
  readonly failure: RealServerFailure;
  readonly healed: boolean;
}

/**
 * The deadline for the real servers of a fault to be out of the table, or back in it after the heal, in milliseconds.
 * @param checks the checks of each real server; any of them takes it out
 * @returns undefined if no check sees the failure of one of them
 */
export function detectedWithinMs(
  { failure, healed }: Detectable,
  checks: readonly (readonly HealthCheck[])[],
): number | undefined {
  if (checks.some((ofOne) => ofOne.length === 0)) return undefined;
  const seconds = checks.map((ofOne) => {
    if (healed) return Math.max(0, ...ofOne.map((check) => returnTime(check, failure).maximum));
    return Math.min(...ofOne.map((check) => removalTime(check, failure)?.maximum ?? Number.POSITIVE_INFINITY));
  });
  const longest = Math.max(...seconds);
  return Number.isFinite(longest) ? longest * 1000 + TOLERANCE_MS : undefined;
}

/** How a fault is to be seen by health checks; undefined for one that leaves real servers well. */
export const failureBy = (faults: readonly Fault[], id: string | undefined): RealServerFailure | undefined =>
  faults.find((fault) => fault.id === id)?.realServer;

/** Rules of `within: detected` that need no lab. */
export const detectedRules: Readonly<Record<string, Rule<Draft, Known>>> = {
  *"detected-without-fault"(draft, { faults }) {
    for (const { path, opening } of detectedSteps(draft)) {
      const id = opening && (opening.step.fault ?? opening.step.heal);
      // A fault with a typing mistake is reported by a rule of its own.
      if (opening && (id === undefined || !faults.some((fault) => fault.id === id))) continue;
      const on = opening?.step.on;
      const elsewhere = on !== undefined && isPart(on) && !on.startsWith("real-server");
      if (opening && failureBy(faults, id) !== undefined && !elsewhere) continue;
      yield {
        path: [...path, "within"],
        expected: `${DETECTED} after a fault of a real server that health checks may see: ${faults.flatMap((fault) => (fault.realServer ? [fault.id] : [])).join(", ")}`,
        found: `${DETECTED} ${opening ? `after ${id}${elsewhere ? ` on ${on}` : ""}` : "before any fault"}`,
        remedy: "write a deadline, such as `within: 30s`",
        ...(opening && { other: opening.path }),
      };
    }
  },
};

/** Rules of `within: detected` that look at the lab. */
export const detectedLabRules: Readonly<Record<string, Rule<Draft, InLab>>> = {
  *"detected-without-check"(draft, { faults, lab, roles, service }) {
    for (const { path, opening } of detectedSteps(draft)) {
      const { fault, heal, on } = opening?.step ?? {};
      const id = fault ?? heal;
      const failure = failureBy(faults, id);
      if (failure === undefined) continue;
      const { realServers } = service;
      const stranger = (on === undefined ? [] : (namesOf(on, lab, roles) ?? [])).find(
        (name) => !realServers.some(({ server }) => server === name),
      );
      if (seesFailure(service, failure) && stranger === undefined) continue;
      yield {
        path: [...path, "within"],
        expected: stranger
          ? `a fault on a real server of the service ${service.name}, which ${stranger} is not`
          : `a health check of the service ${service.name} that sees ${id}, which is ${service.healthCheck?.type ?? "none"}`,
        remedy: "run the scenario on such a lab, or write a deadline",
        ...(opening && { other: opening.path }),
      };
    }
  },
};

interface DetectedStep {
  readonly path: Path;
  /** The fault or heal that opened its window. */
  readonly opening: { readonly path: Path; readonly step: DraftStep } | undefined;
}

function detectedSteps(draft: Draft): DetectedStep[] {
  let opening: DetectedStep["opening"];
  return stepsOf(draft).flatMap(({ path, step }): DetectedStep[] => {
    if ("fault" in step || "heal" in step) opening = { path, step };
    return step.within === DETECTED ? [{ path, opening }] : [];
  });
}
