import { createHmac } from "node:crypto";
import type { Draws } from "./part.ts";

/** What every message begins with: another derivation gets another number, and labs keep their values. */
const DERIVATION = "lvs-lab class 1";

/** A token's characters: 32, so that five bits are one; without 0, 1, l and o, which look alike. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** The first so many of these are letters. */
const LETTERS = 24;

/**
 * The values of a student, by HMAC-SHA-256 (RFC 2104) with the class's secret as its key. The message is `lvs-lab class 1`, the part, the student's
 * id in lower case, the label and the attempt in decimal, with a NUL between two. A number is the digest's first eight bytes, big-endian, modulo
 * `below`; below 2 to the power of 16 no number is likelier than another by more than 2 to the power of -48. A text has a character for each byte: its
 * lower five bits as a place in `abcdefghijkmnpqrstuvwxyz23456789`, but for the first one, which is the byte modulo 24.
 */
export function drawsOf(secret: Uint8Array, part: string, student: string): Draws {
  const digest = (label: string, attempt: number): Buffer =>
    createHmac("sha256", secret)
      .update([DERIVATION, part, student, label, String(attempt)].join("\0"))
      .digest();
  return {
    number: (label, below, attempt = 0) => Number(digest(label, attempt).readBigUInt64BE(0) % BigInt(below)),
    text: (label, length) =>
      [...digest(label, 0).subarray(0, length)]
        .map((byte, index) => ALPHABET[index === 0 ? byte % LETTERS : byte & 31])
        .join(""),
  };
}
