import { electedOf, instancesOf, interfaceOn, priorityIn, serverNamed } from "../../lab/index.ts";
import { keepalivedProcess } from "../live/keepalived-process.ts";
import { keepalivedState } from "../live/keepalived-state.ts";
import type { View } from "../live/view.ts";
import type { Check } from "./check.ts";
import { eachMember, electionTime, type InstanceSubject, underKeepalived } from "./subjects.ts";

export const keepalivedLog: Check<InstanceSubject> = {
  id: "keepalived-log",
  title: "keepalived runs and its log tells the director's VRRP state",
  role: "director",
  proves:
    "The election took place and ended as it should: the director of the higher priority entered MASTER, the other one BACKUP. Two " +
    "masters do not hear each other; two backups hear a third.",
  grading: { keepalived: { points: 2 } },
  appliesTo: underKeepalived,
  settles: electionTime,
  subjects: eachMember,
  expected: (_, subject) => `running; last: Entering ${stateOf(subject)} STATE`,
  byHand: () => ["pgrep -a keepalived", "journalctl -b _COMM=keepalived | grep 'Entering .* STATE'"],
  hint: (_, subject) => {
    const priority = priorityIn(subject.instance, subject.host);
    return (
      `It must run, and be ${stateOf(subject)}: its priority is to be ${priority}, and all directors must have the same virtual_router_id ` +
      `(${subject.instance.id}) and password. A change of the file counts once keepalived has read it: is it older than the file?`
    );
  },
  async look(view, subject) {
    const { host, instance } = subject;
    // However it was started: else systemd knows why it does not run.
    const state = (await keepalivedProcess(view, host))
      ? "running"
      : (await view.on(host)`systemctl is-active keepalived`).output.trim();
    // The instance's name stands before it. The name is free, but it has to be the lab's where it tells two instances of a director apart.
    const pattern = instancesOf(view.lab, host).length > 1 ? `(${instance.name}) Entering ` : "Entering ";
    const { output: log } = await view.on(
      host,
    )`journalctl --boot --output cat --no-pager _COMM=keepalived + SYSLOG_IDENTIFIER=Keepalived_vrrp + _SYSTEMD_UNIT=keepalived.service | grep --fixed-strings ${pattern} | grep STATE | tail -n 1`;
    const told = /Entering \w+ STATE/.exec(log)?.[0];
    const isTold = told === `Entering ${stateOf(subject)} STATE`;
    const last = (isTold || state !== "running" ? undefined : await keptState(view, subject)) ?? told;
    const seen = `${state}; last: ${last ?? "nothing"}`;
    return {
      passed: seen === this.expected(view.lab, subject),
      seen,
      started: last !== undefined || state === "running" || state === "failed",
      ...(state === "running" && last?.includes("FAULT")
        ? {
            hint: `FAULT: keepalived cannot use the interface that its file names. The one on the VIP's network is ${interfaceOn(serverNamed(view.lab, host), instance.network).device}.`,
          }
        : {}),
    };
  },
};

/**
 * The state of an instance by keepalived itself, in the log's words. The log may have no line of it, as after a reload that renames it, or a last one of
 * an instance that a reload has taken away.
 */
async function keptState(view: View, { host, instance }: InstanceSubject): Promise<string | undefined> {
  const found = (await keepalivedState(view, host))?.find(({ id }) => id === instance.id);
  return found && `Entering ${found.state} STATE`;
}

const stateOf = ({ host, instance }: InstanceSubject): string => (electedOf(instance) === host ? "MASTER" : "BACKUP");
