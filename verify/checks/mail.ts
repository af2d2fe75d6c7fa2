import { serverNamed } from "../../lab/index.ts";
import { listening } from "../live/listeners.ts";
import type { Check } from "./check.ts";
import { eachDirector, underKeepalived } from "./subjects.ts";

/** Programs that read mail at the command line, any of which will do. */
const PROGRAMS = ["mail", "mailx", "s-nail", "mutt"];

/** Judged by who gets a greeting: an MTA that listens everywhere, but behind a packet filter, is one for the loopback, too. */
export const mailReady: Check = {
  id: "mail",
  title: "There is a mail command, and an MTA on port 25 of the loopback only",
  role: "director",
  proves:
    "keepalived can tell root by mail what happened, and root can read it; only the director itself can submit mail. Any MTA will " +
    "do.",
  grading: { keepalived: { points: 1 } },
  appliesTo: underKeepalived,
  settles: 5,
  subjects: eachDirector,
  expected: () => "mail command; an MTA greets on the loopback; port 25 is closed to others",
  byHand: () => ["command -v mail", "ss -ltn 'sport = :25'"],
  hint: () =>
    "Two things are needed: a command that reads mail, such as `mail`, and an MTA that takes it on port 25 of the loopback and of nothing else. " +
    "Any will do; opensmtpd is a small one that listens on the loopback alone.",
  async look(view, { host }) {
    const { status } = await view.on(host)`bash -c ${PROGRAMS.map((name) => `command -v ${name}`).join(" || ")}`;
    const command = status === 0;
    const greeting = await view.on(
      host,
    )`for at in 127.0.0.1 ::1; do timeout 5 bash -c 'exec 3<>/dev/tcp/$0/25 && read -r -t 5 line <&3 && echo "$line"' $at 2>/dev/null && break; done`;
    const greets = /^220[ -]/m.test(greeting.output);
    const open: string[] = [];
    for (const { addresses } of serverNamed(view.lab, host).interfaces)
      for (const address of addresses)
        if ((await view.client("timeout", "3", "bash", "-c", `exec 3<>/dev/tcp/${address}/25`)).status === 0)
          open.push(address);
    const seen = [
      command ? "mail command" : "no mail command",
      greets ? "an MTA greets on the loopback" : "no MTA on the loopback",
      open.length > 0 ? `port 25 of ${open.join(" and ")} is open to the client` : "port 25 is closed to others",
    ].join("; ");
    if (command && greets && open.length === 0) return { passed: true, seen, started: true };
    const mta = (await listening(view, host)).filter(({ port }) => port === 25);
    const at = [...new Set(mta.map(({ address }) => address))].join(" and ");
    const [{ program = "The MTA" } = {}] = mta;
    const hints = [
      ...(command ? [] : [`There is no command that reads mail: none of ${PROGRAMS.join(", ")}.`]),
      ...(open.length > 0
        ? [
            `${program} listens on ${at}, and others can submit mail there. Its configuration keeps it to the loopback: opensmtpd's \`listen on\`, postfix's \`inet_interfaces\`, exim4's \`dc_local_interfaces\`.`,
          ]
        : []),
      ...(greets
        ? []
        : [
            mta.length > 0
              ? `${program} listens on ${at}, and does not greet on 127.0.0.1.`
              : "No MTA listens on port 25: is its service running?",
          ]),
    ];
    const started = command || greets || mta.length > 0;
    return { passed: false, seen, started, ...(started ? { hint: hints.join(" ") } : {}) };
  },
};
