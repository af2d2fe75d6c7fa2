import { z } from "zod";
import { property } from "../../../lab/yaml/schema.ts";
import type { Selector } from "../selectors.ts";
import { director, text } from "../values.ts";
import { defineExpectation } from "./kind.ts";

/** State: since the window began, root's mailbox on a director got a message with this text, as written, in its subject or body. */
export interface MailExpectation {
  readonly kind: "mail";
  readonly on: Selector;
  readonly about: string;
}

export const mail = defineExpectation({
  schema: property(
    z.strictObject({
      on: director("on"),
      about: text("text of the message's subject or body", 'write `about: "DOWN"`'),
    }),
    "a map with on and about",
    'write `mail: { on: master, about: "DOWN" }`',
  ),
  complete: (value): MailExpectation => ({ kind: "mail", ...value }),
  selectors: ({ on }) => [{ path: ["on"], selector: on, wanted: "a director" }],
  resolve: (expectation, { one }) => ({ ...expectation, on: one(expectation.on) }),
  needsKeepalived: () => true,
  marks: ({ on }) => on,
  waitsFor: "ssh",
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
});
