import { electedOf } from "../../lab/index.ts";
import { notifyScript } from "../../provision/roles/keepalived-notify.ts";
import type { Check } from "./check.ts";
import { eachMember, electionTime, type InstanceSubject, keepalivedRuns } from "./subjects.ts";

export const notify: Check<InstanceSubject> = {
  id: "notify",
  title: "keepalived has called its notify script at the last change of state",
  role: "director",
  proves:
    "What has to happen with a change of state, such as moving an address in a cloud, hangs on the notify script: keepalived calls it with the " +
    "instance's name, its new state and its priority. One that it may not run it leaves out with no more than a line in its log.",
  appliesTo: (lab) => lab.vrrp.some((instance) => instance.notify === true),
  settles: electionTime,
  subjects: (lab) => eachMember(lab).filter(({ instance }) => instance.notify === true),
  expected: (_, subject) => `last: ${callOf(subject)}`,
  byHand: () => [`journalctl --boot --identifier ${notifyScript.tag}`],
  hint: () =>
    `\`notify ${notifyScript.path}\` in the vrrp_instance, and a script there that root owns and nobody else may write, with ` +
    `\`logger --tag ${notifyScript.tag} -- "$*"\`; \`script_user root\` and \`enable_script_security\` in global_defs.`,
  async look(view, subject) {
    const { host, instance } = subject;
    const { output } = await view.on(
      host,
    )`journalctl --boot --identifier ${notifyScript.tag} --output short-unix --no-pager | grep --fixed-strings ${` ${instance.name} `} | tail -n 5`;
    const calls = lastCalls(output);
    const wanted = callOf(subject);
    return {
      passed: calls.includes(wanted),
      seen: `last: ${calls.includes(wanted) ? wanted : (calls.at(-1) ?? "nothing")}`,
      started: output.trim() !== "" || (await keepalivedRuns(view, host)),
    };
  },
};

/**
 * The last call in the journal, as `short-unix` prints it, and those within a second before: keepalived does not wait for a script before it starts the
 * next one, so that their order is anybody's. Without the priority, which is the one before scripts with a weight have had their first run.
 */
function lastCalls(journal: string): string[] {
  const calls = [...journal.matchAll(/^(\d+\.\d+) \S+ [^:]+: (.*?)(?: \d+)?$/gm)].map(([, time, call = ""]) => ({
    time: Number(time),
    call,
  }));
  const last = calls.at(-1)?.time ?? 0;
  return calls.filter(({ time }) => last - time < 1).map(({ call }) => call);
}

/** What the script is called with, but for the priority. */
const callOf = ({ host, instance }: InstanceSubject): string =>
  `INSTANCE ${instance.name} ${electedOf(instance) === host ? "MASTER" : "BACKUP"}`;
