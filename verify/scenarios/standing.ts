import { type Path, samePath } from "../../lab/yaml/document.ts";
import type { Statement } from "../../lab/yaml/rules.ts";
import type { Draft, DraftStep } from "./draft.ts";

/** A fault that has been put somewhere and not been taken away. */
interface Standing {
  /** The step's. */
  readonly path: Path;
  /** Undefined where it is not known, or not known whether it has been taken away. */
  readonly selector: string | undefined;
  /** Names; undefined while it is not known who is meant. */
  readonly targets: readonly string[] | undefined;
}

interface Knowledge {
  /** Whether there is such a fault; one that there is not was meant to be another one. */
  readonly isFault: (id: string) => boolean;
  /** Who a selector means, by name; undefined if that is not known. */
  readonly targetsOf: (selector: string) => readonly string[] | undefined;
}

/**
 * Goes through a scenario's steps and says which faults are put where they are already, and which heals find nothing. What cannot be
 * known without a lab gets the benefit of the doubt.
 */
export function standingFaults(draft: Draft, { isFault, targetsOf }: Knowledge): Statement[] {
  const found: Statement[] = [];
  const standing = new Map<string, Standing[]>();
  const at = (fault: string) => standing.get(fault) ?? [];
  /** Whether something has been injected of which it is not known what it is. */
  let unknown = false;

  const inject = (path: Path, fault: string, selector: string | undefined) => {
    const targets = selector === undefined ? undefined : targetsOf(selector);
    const earlier = at(fault).find((one) => overlap(one, { selector, targets }) === true);
    if (earlier) {
      const again = samePath(earlier.path, path);
      found.push({
        path: [...path, "fault"],
        expected: "a fault that is not there yet",
        found: `${fault}, which is on ${earlier.selector} ${again ? "from the round before" : "already"}`,
        remedy: again
          ? `heal it before the round ends: \`- heal: ${fault}\``
          : `heal it before, or put it on another server`,
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
        expected: "a fault that is there at this step",
        found: `${fault}, which is nowhere`,
        remedy:
          standing.size > 0
            ? `heal one that is: ${[...standing.keys()].join(", ")}`
            : "put it somewhere first, or remove this step",
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
          remedy: "name one of them, or leave `on` out: it is then healed wherever it is",
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

  /** After a step that cannot be read: it may have healed anything. */
  const forget = () => {
    standing.clear();
    unknown = true;
  };

  const walk = (steps: readonly (DraftStep | undefined)[], parent: Path) => {
    for (const [index, step] of steps.entries()) {
      const path = [...parent, index];
      if (step?.repeat) {
        // A second round shows what the first one leaves.
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

/** Whether two mean a server in common; undefined if that is not known. */
function overlap(one: Omit<Standing, "path">, other: Omit<Standing, "path">): boolean | undefined {
  if (one.selector !== undefined && one.selector === other.selector) {
    return true;
  }
  return one.targets && other.targets && one.targets.some((name) => other.targets?.includes(name));
}
