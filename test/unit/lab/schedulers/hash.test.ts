import { expect, it } from "vitest";
import { toIp } from "../../../../lab/index.ts";
import { folded, hash32, hsiphash } from "../../../../lab/schedulers/hash.ts";

it("hsiphash is the kernel's: the fifth vector of lib/siphash_kunit.c on 64 bits, the bytes 0 to 3 with the key 0 to 15", () => {
  expect(hsiphash(0x03020100, 0x0706050403020100n, 0x0f0e0d0c0b0a0908n)).toBe(0x88d38328);
});

it("takes numbers beyond 32 bits as the kernel's unsigned ints", () => {
  expect(hsiphash(2 ** 32 + 7, 1n, 2n)).toBe(hsiphash(7, 1n, 2n));
  expect(hash32(2 ** 32 + 7, 8)).toBe(hash32(7, 8));
});

it.each([
  [0, 0],
  [1, 0x61],
  [2, 0xc3],
  [0xffffffff, 0x9e],
])("hash_32 of %d in 8 bits is the top byte of its product with 0x61c88647", (value, hash) => {
  expect(hash32(value, 8)).toBe(hash);
});

it.each([
  ["172.25.254.100", 0xac19fe64],
  ["255.255.255.255", 0xffffffff],
  ["fd00:1:2:3::4", (0xfd000001 ^ 0x00020003 ^ 0x00000004) >>> 0],
])("%s is folded to 32 bits", (address, fold) => {
  expect(folded(toIp(address))).toBe(fold);
});
