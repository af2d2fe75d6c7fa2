import { type Path, samePath } from "../../lab/yaml/document.ts";
import type { Statement } from "../../lab/yaml/rules.ts";
import type { Draft, DraftStep } from "./draft.ts";

/** A fault that was injected and not healed. */
interface Standing {
  /** The path of the step. */
  readonly path: Path;
  /** Undefined if unknown, or if it may have been healed. */
  readonly selector: string | undefined;
  /** Names; undefined if unknown. */
  readonly targets: readonly string[] | undefined;
}

interface Knowledge {
  /** Whether a fault has this id; another id is a typing mistake that a rule of its own reports. */
  readonly isFault: (id: string) => boolean;
  /** The servers that a selector means, by name; undefined if unknown. */
  readonly targetsOf: (selector: string) => readonly string[] | undefined;
}

/**
 * Walks the steps of a scenario and finds faults that are injected where they are already, and heals without a fault. What only a lab can
 * tell gets the benefit of the doubt.
 */
export function standingFaults(draft: Draft, { isFault, targetsOf }: Knowledge): Statement[] {
  const found: Statement[] = [];
  const standing = new Map<string, Standing[]>();
  const at = (fault: string) => standing.get(fault) ?? [];
  /** Whether an unknown fault has been injected. */
  let unknown = false;

  const inject = (path: Path, fault: string, selector: string | undefined) => {
    const targets = selector === undefined ? undefined : targetsOf(selector);
    const earlier = at(fault).find((one) => overlap(one, { selector, targets }) === true);
    if (earlier) {
      const again = samePath(earlier.path, path);
      found.push({
        path: [...path, "fault"],
        expected: "a fault that is not active yet",
        found: `${fault}, which is on ${earlier.selector} ${again ? "from the round before" : "already"}`,
        remedy: again
          ? `heal it before the round ends: \`- heal: ${fault}\``
          : "heal it before, or inject it on another server",
        ...(!again && { other: [...earlier.path, "fault"] }),
      });
      return;
    }
    standing.set(fault, [...at(fault), { path, selector, targets }]);
  };

  const heal = (path: Path, fault: string, selector: string | undefined) => {
    if (at(fault).length === 0) {
      if (unknown) return;
      found.push({
        path: [...path, "heal"],
        expected: "a fault that is active at this step",
        found: `${fault}, which is not active`,
        remedy:
          standing.size > 0
            ? `heal an active one: ${[...standing.keys()].join(", ")}`
            : "inject it first, or remove this step",
      });
    } else if (selector === undefined) {
      standing.delete(fault);
    } else {
      const targets = targetsOf(selector);
      const overlaps = at(fault).map((one) => ({ one, hit: overlap(one, { selector, targets }) }));
      if (overlaps.every(({ hit }) => hit === false)) {
        found.push({
          path: [...path, "on"],
          expected: `a server that ${fault} is on: ${at(fault)
            .map((one) => one.selector)
            .join(", ")}`,
          remedy: "name one of them, or leave `on` out to heal it everywhere",
        });
      }
      const left = overlaps.flatMap(({ one, hit }) => {
        if (hit === false) {
          return [one];
        }
        if (hit === undefined) {
          return [{ path: one.path, selector: undefined, targets: undefined }];
        }
        const rest = targets && one.targets?.filter((name) => !targets.includes(name));
        return rest && rest.length > 0 ? [{ ...one, targets: rest }] : [];
      });
      if (left.length > 0) standing.set(fault, left);
      else standing.delete(fault);
    }
  };

  /** After an invalid heal, which may have healed any fault. */
  const forget = () => {
    standing.clear();
    unknown = true;
  };

  const walk = (steps: readonly (DraftStep | undefined)[], parent: Path) => {
    for (const [index, step] of steps.entries()) {
      const path = [...parent, index];
      if (step?.repeat) {
        // The second round shows what the first one left.
        for (let round = 0; round < 2; round += 1) walk(step.repeat.steps ?? [], [...path, "repeat", "steps"]);
      } else if (step && "fault" in step) {
        if (step.fault !== undefined && isFault(step.fault)) inject(path, step.fault, step.on);
        else unknown = true;
      } else if (step && "heal" in step) {
        const { heal: fault, on } = step;
        if (fault === undefined || !isFault(fault) || (on === undefined && "on" in step)) forget();
        else heal(path, fault, on);
      }
    }
  };
  walk(draft.steps ?? [], ["steps"]);
  return found.filter(({ path }, index) => found.findIndex((one) => samePath(one.path, path)) === index);
}

/** Whether two have a server in common; undefined if unknown. */
function overlap(one: Omit<Standing, "path">, other: Omit<Standing, "path">): boolean | undefined {
  if (one.selector !== undefined && one.selector === other.selector) {
    return true;
  }
  return one.targets && other.targets && one.targets.some((name) => other.targets?.includes(name));
}
