import type { Lab } from "../../lab/lab.ts";
import type { Check } from "./check.ts";
import { masterOf, names, serverNamed } from "./subjects.ts";

export const keepalivedLog: Check = {
  id: "keepalived-log",
  title: "keepalived runs and its log tells the director's VRRP state",
  role: "director",
  proves:
    "The election took place and ended as it should: the director of the higher priority entered MASTER, the other one BACKUP. Two " +
    "masters do not hear each other; two backups hear a third.",
  stages: ["ha"],
  settles: 15,
  subjects: names.directors,
  expected: (lab, subject) => `active; last: Entering ${stateOf(lab, subject)} STATE`,
  byHand: () => ["systemctl is-active keepalived", "journalctl -b -u keepalived | grep 'Entering .* STATE'"],
  hint: (lab, subject) => {
    const priority = serverNamed(lab, subject)?.priority;
    return (
      `\`systemctl enable --now keepalived\`. It is to be ${stateOf(lab, subject)}: \`priority ${priority}\`, and on all directors ` +
      `the same \`virtual_router_id ${lab.keepalived.virtualRouterId}\` and \`auth_pass\`; \`systemctl restart keepalived\` after a change.`
    );
  },
  async look(view, subject) {
    const { output: state } = await view.on(subject)`systemctl is-active keepalived`;
    const { output } = await view.on(
      subject,
    )`journalctl --boot --unit keepalived --output cat --no-pager | grep 'Entering .* STATE' | tail -n 1`;
    // Before it stands the instance's name, which is free.
    const last = /Entering \w+ STATE/.exec(output)?.[0];
    const seen = `${state.trim()}; last: ${last ?? "nothing"}`;
    return {
      passed: seen === this.expected(view.lab, subject),
      seen,
      started: last !== undefined || state.trim() === "active" || state.trim() === "failed",
      ...(state.trim() === "active" && last?.includes("FAULT")
        ? { hint: "FAULT: keepalived cannot use its interface; `interface eth0` is it." }
        : {}),
    };
  },
};

const stateOf = (lab: Lab, subject: string): string => (masterOf(lab)?.name === subject ? "MASTER" : "BACKUP");
