import type { MailExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";

export const mail: Judge<MailExpectation> = {
  expected: ({ on, about }) => `root's mailbox on ${on} gets a message about "${about}"`,
  async look({ on, about }, { baselines }, view) {
    const { output } = await view.on(on)`tail --bytes +${baselines.of(on).mailbox + 1} /var/mail/root`;
    const subjects = [...output.matchAll(/^Subject: (.*)$/gm)].map(([, subject]) => subject);
    return {
      ok: output.includes(about),
      seen: subjects.length > 0 ? `it got: ${subjects.join("; ")}` : "it got none",
    };
  },
  hint: "`mail` on the director reads it; `systemctl status opensmtpd` whether the MTA runs.",
};
