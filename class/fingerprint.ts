import { createHash } from "node:crypto";

/** The fingerprint of a public key's bytes as ssh(1) shows it: base64 of SHA-256 without padding. */
export const fingerprint = (bytes: Uint8Array): string =>
  `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
