import { authenticationIn, writePassword } from "../../verify/wire/authentication.ts";
import { rewriteDump } from "../../verify/wire/pcap.ts";
import type { Redaction } from "./redaction.ts";

/** A capture without passwords. */
export interface RedactedCapture {
  readonly bytes: Buffer;
  /** Advertisements in which a password was replaced. */
  readonly passwords: number;
  /** Packets whose keyed digest was blanked. */
  readonly digests: number;
  /** Packets that were left out, by the reason. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * Replaces VRRP's passwords in a dump by the placeholders that stand for them in the configurations, and corrects the checksums. Packets in which the
 * place of a password cannot be told, or that hold a secret elsewhere, are left out.
 * @throws Error if it is no dump in the pcap format
 */
export function redactedCapture(dump: Buffer, redaction: Redaction): RedactedCapture {
  let passwords = 0;
  let digests = 0;
  const leftOut = new Map<string, number>();
  const leave = (why: string): undefined => {
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  };
  const bytes = rewriteDump(dump, (frame) => {
    const authentication = authenticationIn(frame);
    if (authentication.kind === "unclear") return leave(authentication.why);
    if (authentication.kind === "digest") {
      authentication.data.fill(0);
      digests += 1;
    }
    if (authentication.kind === "password") {
      const password = authentication.data.toString("latin1").replace(/\0+$/, "");
      if (password !== "") {
        writePassword(authentication, redaction.placeholders.ofCounted(password));
        passwords += 1;
      }
    }
    return redaction.survivorsIn(frame).length > 0 ? leave("a secret is in it") : frame;
  });
  return { bytes, passwords, digests, leftOut };
}
