import { electedOf, instancesOf, interfaceOn, priorityIn, serverNamed } from "../../lab/index.ts";
import type { Check } from "./check.ts";
import { eachMember, type InstanceSubject, underKeepalived } from "./subjects.ts";

export const keepalivedLog: Check<InstanceSubject> = {
  id: "keepalived-log",
  title: "keepalived runs and its log tells the director's VRRP state",
  role: "director",
  proves:
    "The election took place and ended as it should: the director of the higher priority entered MASTER, the other one BACKUP. Two " +
    "masters do not hear each other; two backups hear a third.",
  grading: { keepalived: { points: 2 } },
  appliesTo: underKeepalived,
  settles: 15,
  subjects: eachMember,
  expected: (_, subject) => `active; last: Entering ${stateOf(subject)} STATE`,
  byHand: () => ["systemctl is-active keepalived", "journalctl -b -u keepalived | grep 'Entering .* STATE'"],
  hint: (_, subject) => {
    const priority = priorityIn(subject.instance, subject.host);
    return (
      `\`systemctl enable --now keepalived\`. It must be ${stateOf(subject)}: \`priority ${priority}\`, and on all directors ` +
      `the same \`virtual_router_id ${subject.instance.id}\` and \`auth_pass\`; \`systemctl restart keepalived\` after a change.`
    );
  },
  async look(view, subject) {
    const { host, instance } = subject;
    const { output: state } = await view.on(host)`systemctl is-active keepalived`;
    // The instance's name stands before it. The name is free, but it has to be the lab's where it tells two instances of a director apart.
    const pattern = instancesOf(view.lab, host).length > 1 ? `(${instance.name}) Entering ` : "Entering ";
    const { output } = await view.on(
      host,
    )`journalctl --boot --unit keepalived --output cat --no-pager | grep --fixed-strings ${pattern} | grep STATE | tail -n 1`;
    const last = /Entering \w+ STATE/.exec(output)?.[0];
    const seen = `${state.trim()}; last: ${last ?? "nothing"}`;
    return {
      passed: seen === this.expected(view.lab, subject),
      seen,
      started: last !== undefined || state.trim() === "active" || state.trim() === "failed",
      ...(state.trim() === "active" && last?.includes("FAULT")
        ? {
            hint: `FAULT: keepalived cannot use its interface; \`interface ${interfaceOn(serverNamed(view.lab, host), instance.network).device}\` is right.`,
          }
        : {}),
    };
  },
};

const stateOf = ({ host, instance }: InstanceSubject): string => (electedOf(instance) === host ? "MASTER" : "BACKUP");
