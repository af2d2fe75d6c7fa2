import { type Ip, wordsOf } from "../ip.ts";

/** An address as the hashing schedulers take it: its 32-bit words, XORed. */
export const folded = (address: Ip): number => wordsOf(address).reduce((fold, word) => (fold ^ word) >>> 0, 0);

/** hash_32 of include/linux/hash.h: a multiplication by the golden ratio, of which the upper bits are taken. */
export const hash32 = (value: number, bits: number): number => Math.imul(value, 0x61c88647) >>> (32 - bits);

/**
 * hsiphash_1u32 of lib/siphash.c on 64-bit machines: SipHash-1-3 of a 32-bit number, its lower half.
 * @param one the first 64 bits of the key
 * @param other its second 64 bits
 */
export function hsiphash(value: number, one: bigint, other: bigint): number {
  const message = (4n << 56n) | BigInt(value >>> 0);
  let v0 = 0x736f6d6570736575n ^ one;
  let v1 = 0x646f72616e646f6dn ^ other;
  let v2 = 0x6c7967656e657261n ^ one;
  let v3 = 0x7465646279746573n ^ other ^ message;
  const round = () => {
    v0 = BigInt.asUintN(64, v0 + v1);
    v1 = rotated(v1, 13n) ^ v0;
    v0 = rotated(v0, 32n);
    v2 = BigInt.asUintN(64, v2 + v3);
    v3 = rotated(v3, 16n) ^ v2;
    v0 = BigInt.asUintN(64, v0 + v3);
    v3 = rotated(v3, 21n) ^ v0;
    v2 = BigInt.asUintN(64, v2 + v1);
    v1 = rotated(v1, 17n) ^ v2;
    v2 = rotated(v2, 32n);
  };
  round();
  v0 ^= message;
  v2 ^= 0xffn;
  round();
  round();
  round();
  return Number(BigInt.asUintN(32, v0 ^ v1 ^ v2 ^ v3));
}

const rotated = (word: bigint, bits: bigint): bigint => BigInt.asUintN(64, word << bits) | (word >> (64n - bits));
