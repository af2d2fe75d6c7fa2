import type { Control, Lab } from "../../lab/index.ts";
import { byHand, type PlacedStep } from "../../provision/by-hand.ts";
import { selectChecks } from "../../verify/checks/check.ts";
import { checks } from "../../verify/checks/index.ts";
import { onStack } from "../../verify/checks/on-stack.ts";

/** What a person types to set up a lab, and to look at it. */
export interface Explanation {
  readonly format: "lvs-lab explain";
  readonly version: 1;
  readonly lab: string;
  /** For `lvs-lab ssh` in the commands. */
  readonly stack: string;
  readonly control: Control;
  /** In order. */
  readonly steps: readonly PlacedStep[];
  /** The units by which the lab repeats steps at boot: what they set in the kernel is lost otherwise. */
  readonly atBoot: readonly AtBoot[];
  readonly look: readonly Look[];
}

interface AtBoot {
  readonly server: string;
  /** systemd's name of the unit. */
  readonly unit: string;
  /** The programs of the steps that it repeats. */
  readonly programs: readonly string[];
}

/** A check by hand. */
interface Look {
  /** The check's id. */
  readonly check: string;
  readonly why: string;
  /** Servers, or `client`: where the commands are the same. */
  readonly on: readonly string[];
  readonly commands: readonly string[];
}

/**
 * Explains a lab.
 * @param host restricts it to one server, or to `client`
 * @param stack the lab's stack, for `lvs-lab ssh`; by default that of the lab's own name
 */
export function explain(lab: Lab, { host, stack = lab.name }: { host?: string; stack?: string } = {}): Explanation {
  const { steps, units } = byHand(lab, stack);
  const isAsked = (name: string): boolean => host === undefined || name === host;
  return {
    format: "lvs-lab explain",
    version: 1,
    lab: lab.name,
    stack,
    control: lab.control,
    steps: steps.filter(({ server }) => isAsked(server)),
    atBoot: units
      .filter(({ server }) => isAsked(server))
      .map(({ server, unit, programs }) => ({ server, unit: `${unit.name}.service`, programs })),
    look: looks(lab, host).map((look) => ({ ...look, commands: look.commands.map((one) => onStack(one, stack)) })),
  };
}

/** The checks by hand, in the article's order, but for those that inject a fault. */
function looks(lab: Lab, host?: string): Look[] {
  const found = new Map<string, Look & { on: string[] }>();
  for (const { check, subject } of selectChecks(lab, checks, host === undefined ? {} : { hosts: [host] })) {
    if (check.faulty) continue;
    const commands = check.byHand(lab, subject);
    const key = JSON.stringify([check.id, commands]);
    const one = found.get(key) ?? { check: check.id, why: `${check.title}.`, on: [], commands };
    if (!one.on.includes(subject.host)) one.on.push(subject.host);
    found.set(key, one);
  }
  return [...found.values()];
}
