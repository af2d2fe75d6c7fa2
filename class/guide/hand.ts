import type { Lab } from "../../lab/index.ts";
import { byHand } from "../../provision/by-hand.ts";
import type { Check } from "../../verify/checks/check.ts";
import { onStack } from "../../verify/checks/on-stack.ts";
import type { Subject } from "../../verify/checks/subjects.ts";
import { type GuideContext, OWN_MACHINE, type Typed } from "./step.ts";

/**
 * The commands of `lvs-lab explain` that set a lab up, by the step of the guide that they are for: that of the check that shows their effect. Commands
 * without such a check, mostly packages, belong to the step of the next commands on the same server.
 * @param ids of the guide's steps, in order
 */
export function solutionsOf({ lab, stack }: GuideContext, ids: readonly string[]): Map<string, Typed[]> {
  const steps = byHand(lab, stack).steps.filter(({ given }) => !given);
  const found = new Map<string, Typed[]>();
  for (const [index, { server, ownMachine, why, commands, check }] of steps.entries()) {
    const firstOf = (others: typeof steps): string | undefined =>
      ids.find((id) => others.some((one) => one.server === server && one.check === id));
    const own = ids.find((id) => id === check);
    const id = own ?? firstOf(steps.slice(index + 1)) ?? firstOf(steps.slice(0, index));
    if (id !== undefined)
      found.set(id, [...(found.get(id) ?? []), { on: ownMachine ? OWN_MACHINE : server, why, commands }]);
  }
  return found;
}

/** What never ends by itself, or waits for a person: nothing to be typed before the next command. */
const ENDLESS = /^while |^tcpdump |-- mail$/;

/**
 * The commands of a check by hand, each with where it is typed: those of lvs-lab on one's own machine, the others on the subject.
 * @param only restricts them
 */
export function checkByHand(
  { lab, stack }: GuideContext,
  check: Check,
  subject: Subject,
  only: (command: string) => boolean = () => true,
): Typed[] {
  const commands = check.byHand(lab, subject).filter((one) => !ENDLESS.test(one) && only(one));
  return commands.map((one) => ({
    on: isOwnMachine(one) ? OWN_MACHINE : subject.host,
    commands: [onStack(one, stack)],
    looks: true,
  }));
}

export const isOwnMachine = (command: string): boolean => command.startsWith("npx lvs-lab ");

/** What ends a fault. */
const isUndo = (command: string): boolean => /^npx lvs-lab heal\b/.test(command);

/** An edge's part that is the same for all that a check by hand breaks: what breaks it is the solution, and what ends the fault takes it back. */
export const brokenByHand = (context: GuideContext, check: Check, subject: Subject) => ({
  ...{ id: check.id, why: check.proves, kind: "edge" as const, hosts: ["client"] },
  solution: checkByHand(context, check, subject, (command) => !isUndo(command)),
  undo: checkByHand(context, check, subject, isUndo),
});

/** Where a check is looked at by hand: commands that are the same on several hosts once. */
export function lookByHand(context: GuideContext, check: Check, subjects: readonly Subject[]): Typed[] {
  const { lab, stack } = context;
  const found = new Map<string, { hosts: string[]; commands: readonly string[] }>();
  for (const subject of subjects) {
    const commands = check.byHand(lab, subject).map((one) => onStack(one, stack));
    const key = commands.join("\n");
    const one = found.get(key) ?? { hosts: [], commands };
    if (!one.hosts.includes(subject.host)) one.hosts.push(subject.host);
    found.set(key, one);
  }
  return [...found.values()].map(({ hosts, commands }) => ({ on: listedHosts(hosts), commands, looks: true }));
}

/** The names of hosts that a check is about, each once, in the lab's order. */
export const hostsOf = (lab: Lab, subjects: readonly Subject[]): string[] =>
  [...lab.servers.map(({ name }) => name), "client"].filter((name) => subjects.some(({ host }) => host === name));

const listedHosts = (hosts: readonly string[]): string => hosts.join(" and ");
