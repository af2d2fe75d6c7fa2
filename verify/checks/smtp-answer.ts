import { destinationOn, SMTP_PORT } from "../../lab/index.ts";
import { listening } from "../live/listeners.ts";
import { SMTP_QUESTION } from "../live/smtp-question.ts";
import type { Check } from "./check.ts";
import { eachRealServerAsked, type ServiceSubject } from "./subjects.ts";

/** keepalived's own: SMTP_DEFAULT_HELO in check_smtp.h. */
const DEFAULT_HELO = "smtpchecker.keepalived.org";

export const smtpAnswer: Check<ServiceSubject> = {
  id: "smtp-answer",
  title: "The real server's MTA answers the health check's HELO",
  role: "real-server",
  proves:
    "keepalived's SMTP_CHECK has something to ask: an MTA on each real server greets and takes a HELO on the address that the director asks, so the real " +
    "server stays in the table. Any MTA will do.",
  appliesTo: (lab) => eachRealServerAsked(lab, "smtp").length > 0,
  settles: 5,
  subjects: (lab) => eachRealServerAsked(lab, "smtp"),
  expected: () => "220 to a connection, 250 to HELO",
  byHand: (_, subject) => [
    `exec 3<>/dev/tcp/${addressOf(subject)}/${SMTP_PORT}; head -n 1 <&3; echo "HELO ${heloOf(subject)}" >&3; head -n 1 <&3`,
  ],
  hint: (_, subject) =>
    `An MTA must listen on port ${SMTP_PORT} of ${addressOf(subject)}, not on the loopback alone: opensmtpd's \`listen on\`, postfix's \`inet_interfaces\`. ` +
    "keepalived wants 220 and 250 in answers of a single line.",
  async look(view, subject) {
    const { host } = subject;
    const { output } = await view.on(
      host,
    )`timeout 15 bash -c ${SMTP_QUESTION} ask ${addressOf(subject)} ${String(SMTP_PORT)} ${heloOf(subject)} 2>/dev/null`;
    const [greeting = "", helo = ""] = output.split("\n").map((line) => line.trim());
    // As smtp_get_status() in keepalived's check_smtp.c reads a line: 220- begins a greeting of several, which it refuses.
    const passed = /^220( |$)/.test(greeting) && /^250( |$)/.test(helo);
    if (passed) return { passed, started: true, seen: `${greeting}; ${helo}` };
    const mta = (await listening(view, host)).filter(({ port }) => port === SMTP_PORT);
    const [{ program = "", address = "" } = {}] = mta;
    return {
      passed,
      started: greeting !== "" || mta.length > 0,
      seen: greeting === "" ? "no greeting" : [greeting, helo || "no answer to HELO"].join("; "),
      ...(greeting === "" && program !== ""
        ? { hint: `${program} listens on ${address}, and does not greet on ${addressOf(subject)}.` }
        : {}),
    };
  },
};

const addressOf = ({ host, service }: ServiceSubject): string => destinationOn(service, host)?.address ?? "";

const heloOf = ({ service: { healthCheck } }: ServiceSubject): string =>
  (healthCheck?.type === "smtp" ? healthCheck.heloName : undefined) ?? DEFAULT_HELO;
