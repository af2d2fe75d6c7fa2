import { setTimeout as delay } from "node:timers/promises";
import {
  electedOf,
  type Lab,
  masterDownOf,
  type Reaction,
  reactionTo,
  type Tracked,
  trackedBy,
} from "../../lab/index.ts";
import { parseIpAddresses } from "../../provision/roles/ip-address.ts";
import { trackedFaults } from "../faults/tracked.ts";
import { whileBroken } from "../faults/while-broken.ts";
import { InterruptedError } from "../live/interruptible.ts";
import { keepalivedState } from "../live/keepalived-state.ts";
import type { View } from "../live/view.ts";
import type { Check } from "./check.ts";
import { schedulingMargin, secondsUntil } from "./seconds-until.ts";
import type { InstanceSubject } from "./subjects.ts";

export const tracking: Check<InstanceSubject> = {
  id: "tracking",
  title:
    "What the master tracks decides on its role: each failure moves the VIP to whom the priorities say, or leaves it",
  role: "director",
  proves:
    "A director that is alive may still be of no use. Each script, process, interface and BFD session that the instance tracks is made to fail on the master, and " +
    "keepalived answers as its weight says: by FAULT, by a priority that is too low to stay master, or by one that is still the highest.",
  appliesTo: (lab) => lab.vrrp.some((instance) => trackedBy(instance).length > 0),
  faulty: true,
  subjects: (lab) =>
    lab.vrrp
      .filter((instance) => trackedBy(instance).length > 0)
      .map((instance) => ({ host: electedOf(instance), instance })),
  expected: (lab, subject) =>
    trackedBy(subject.instance)
      .map((tracked) => `${nameOf(tracked)}: ${expectedOf(reactionIn(lab, subject, tracked), subject.host)}`)
      .join("; "),
  byHand: (lab, { host, instance }) =>
    trackedBy(instance).flatMap((tracked) => {
      const { id, parameters } = trackedFaults[tracked.kind](tracked.name);
      const words = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
      return [
        `npx lvs-lab fault inject ${id} ${host} --set ${words.join(" ")} -s ${lab.name}`,
        "journalctl -b -u keepalived | grep -E 'priority|STATE' | tail",
        `npx lvs-lab heal -s ${lab.name}`,
      ];
    }),
  hint: () =>
    "`keepalived -t` names scripts that keepalived may not run. What is tracked must be in the vrrp_instance too: `track_script`, `track_process`, " +
    "`track_interface`, `track_bfd`. A weight moves the VIP only below the priority of another director.",
  async look(view, subject) {
    const seen: string[] = [];
    let passed = true;
    for (const tracked of trackedBy(subject.instance)) {
      const found = await tryOne(view, subject, tracked);
      seen.push(`${found.ok ? "" : "NOT "}${nameOf(tracked)}: ${found.seen}`);
      passed &&= found.ok;
    }
    return { passed, seen: seen.join("; "), started: true };
  },
};

const nameOf = ({ kind, name }: Tracked): string => `${kind} ${name}`;

const reactionIn = (lab: Lab, { host, instance }: InstanceSubject, tracked: Tracked): Reaction =>
  reactionTo(lab, instance, host, tracked);

const holding = (names: string): string => `${names} ${names.includes(" and ") ? "hold" : "holds"} the VIP`;

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

function expectedOf({ priority, successor, takeover, return: back }: Reaction, host: string): string {
  const fall = priority === undefined ? "FAULT" : `priority ${priority}`;
  if (successor === undefined) return `${fall}, and ${host} stays master`;
  const last = back
    ? `${host} takes the VIP back within ${seconds(back.maximum)}`
    : `${host} does not take the VIP back`;
  return `${fall}, ${successor} takes over within ${seconds(takeover.maximum)}, and ${last}`;
}

/** Breaks one tracked object on the master and heals it, and sees who holds the VIP. */
async function tryOne(
  view: View,
  subject: InstanceSubject,
  tracked: Tracked,
): Promise<{ readonly ok: boolean; readonly seen: string }> {
  const { host, instance } = subject;
  const reaction = reactionIn(view.lab, subject, tracked);
  const { successor, takeover, return: back } = reaction;
  const margin = schedulingMargin(view.live);
  const { id, parameters } = trackedFaults[tracked.kind](tracked.name);
  const holder = async (): Promise<string> => (await holdersOf(view, subject)).join(" and ") || "nobody";
  const untilHeldBy = (name: string, milliseconds: number, signal?: AbortSignal) =>
    secondsUntil(async () => (await holder()) === name, milliseconds / 1000 + margin, signal);
  const broken = <T>(server: string, work: (signal: AbortSignal) => Promise<T>) =>
    whileBroken(view, id, server, work, parameters);

  if (successor === undefined)
    return await broken(host, async (signal) => {
      const fell = await secondsUntil(
        async () => (await priorityNow(view, subject)) === reaction.priority,
        tracked.fails.maximum / 1000 + margin,
        signal,
      );
      // A better router would have taken over by then.
      await delay(Math.max(...instance.members.map(({ server }) => masterDownOf(view.lab, instance, server))));
      signal.throwIfAborted();
      const now = await holder();
      const fall =
        fell === undefined ? `its priority is ${await priorityNow(view, subject)}` : `priority ${reaction.priority}`;
      return { ok: fell !== undefined && now === host, seen: `${fall}, and ${holding(now)}` };
    });

  const { took, now } = await broken(host, async (signal) => ({
    took: await untilHeldBy(successor, takeover.maximum, signal),
    // After the healing it is another one again.
    now: await holder(),
  }));
  if (took === undefined) return { ok: false, seen: `${holding(now)}, and not ${successor}` };
  const moved = `${successor} holds the VIP after ${took.toFixed(1)} s`;
  if (back) {
    const returned = await untilHeldBy(host, back.maximum);
    if (returned === undefined) return { ok: false, seen: `${moved}; ${host} does not take it back` };
    return { ok: true, seen: `${moved}, and ${host} again after ${returned.toFixed(1)} s` };
  }
  // Nobody preempts. The lab is left as it was: the same on the other side.
  const returned = await broken(successor, (signal) => untilHeldBy(host, takeover.maximum, signal));
  return returned === undefined
    ? { ok: false, seen: `${moved}; it does not give it back when the same fails there` }
    : { ok: true, seen: `${moved}, and keeps it until the same fails there` };
}

/** The members that hold the instance's first address. One that cannot be asked, for its cable is pulled, holds nothing that others reach. */
async function holdersOf(view: View, { instance }: InstanceSubject): Promise<string[]> {
  const holds = await Promise.all(
    instance.members.map(async ({ server }) => {
      try {
        const { output } = await view.on(server)`ip -oneline address show`;
        return parseIpAddresses(output).some(({ address }) => address === instance.addresses[0]);
      } catch (error) {
        if (error instanceof InterruptedError) throw error;
        return false;
      }
    }),
  );
  return instance.members.map(({ server }) => server).filter((_, index) => holds[index]);
}

/** The master's priority as keepalived has it now. */
async function priorityNow(view: View, { host, instance }: InstanceSubject): Promise<number | undefined> {
  const all = await keepalivedState(view, host);
  const [first = ""] = instance.addresses;
  return all?.find(({ id, addresses }) => id === instance.id && addresses.includes(first))?.effectivePriority;
}
