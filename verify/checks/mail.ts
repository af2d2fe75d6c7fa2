import type { Check } from "./check.ts";
import { eachDirector, underKeepalived } from "./subjects.ts";

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
  expected: () => "mail command; port 25 open on loopback addresses alone",
  byHand: () => ["command -v mail", "ss -ltn 'sport = :25'"],
  hint: () =>
    "`apt-get install opensmtpd bsd-mailx` brings an MTA that listens on the loopback alone, and `mail`; then `systemctl enable --now opensmtpd`.",
  async look(view, subject) {
    const command = await view.on(subject.host)`command -v mail`;
    const { output } = await view.on(subject.host)`ss --no-header --listening --tcp --numeric 'sport = :25'`;
    const addresses = output
      .split("\n")
      .filter(Boolean)
      .map(
        (line) =>
          line
            .trim()
            .split(/\s+/)[3]
            ?.replace(/%\w+|:25$/g, "") ?? "",
      );
    const isLoopback = (address: string): boolean => /^(127\.|\[::1\]$|\[::ffff:127\.)/.test(address);
    const open = addresses.filter((address) => !isLoopback(address));
    return {
      passed: command.status === 0 && addresses.length > 0 && open.length === 0,
      seen: `${command.status === 0 ? "mail command" : "no mail command"}; port 25 on ${addresses.join(", ") || "nothing"}`,
      started: command.status === 0 || addresses.length > 0,
      ...(open.length > 0
        ? {
            hint: `The MTA listens on ${open.join(", ")} too. To keep it to the loopback: opensmtpd \`listen on lo\`, postfix \`inet_interfaces = loopback-only\`, exim4 \`dc_local_interfaces='127.0.0.1 ; ::1'\`; then restart it.`,
          }
        : {}),
    };
  },
};
