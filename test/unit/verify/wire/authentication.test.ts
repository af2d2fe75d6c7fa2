import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { authenticationIn, writePassword } from "../../../../verify/wire/authentication.ts";
import { parseFrame } from "../../../../verify/wire/parse.ts";
import { PcapReader, rewriteDump } from "../../../../verify/wire/pcap.ts";
import { dump, ethernet, ipv4, tcp, vrrp2, vrrp3 } from "./frames.ts";

const MAC = "52:54:00:fe:00:0b";
const IPV4 = 0x0800;
const VRRP = 112;
const AH = 51;

const advert = (payload: readonly number[], ip = {}, tag?: number) =>
  ethernet(MAC, IPV4, ipv4({ protocol: VRRP, ...ip }, payload), tag);

/** The one's complement sum of a VRRP message: 0xffff if its checksum is right (RFC 1071). */
function sumOf(frame: Buffer): number {
  const message = frame.subarray(14 + 20, 14 + frame.readUInt16BE(16));
  let sum = 0;
  for (let at = 0; at < message.length; at += 2) sum += message.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe("a password on the wire", () => {
  // Recorded from two directors with auth_pass 1111.
  const recorded = readFileSync(join(import.meta.dirname, "../../rehearse/pack/failover.pcap"));
  const adverts = new PcapReader().read(recorded).filter(({ bytes }) => parseFrame(bytes)?.kind === "vrrp");

  it("is replaced in keepalived's own packets, whose checksums stay right", () => {
    expect(adverts).toHaveLength(23);
    for (const { bytes } of adverts) {
      expect(sumOf(bytes)).toBe(0xffff);
      const found = authenticationIn(bytes);
      if (found.kind !== "password") throw new Error(found.kind);
      writePassword(found, "hidden01");
      expect(parseFrame(bytes)).toMatchObject({ password: "hidden01", virtualRouterId: 51 });
      expect(sumOf(bytes)).toBe(0xffff);
    }
  });

  it("leaves a checksum wrong that was wrong", () => {
    const frame = advert(vrrp2({ password: "secret" }));
    const before = sumOf(frame);
    const found = authenticationIn(frame);
    if (found.kind === "password") writePassword(found, "hidden01");
    expect(sumOf(frame)).toBe(before);
    expect(parseFrame(frame)).toMatchObject({ password: "hidden01" });
  });

  it.each([
    ["IP options", advert(vrrp2(), { options: [1, 1, 1, 1] })],
    ["a VLAN tag", advert(vrrp2(), {}, 100)],
    ["another authentication type", advert(vrrp2({ authentication: 2 }))],
    ["padding", Buffer.concat([advert(vrrp2()), Buffer.alloc(6)])],
  ])("is found behind %s", (_, frame) => {
    expect(authenticationIn(frame)).toMatchObject({ kind: "password", data: Buffer.from("1111\0\0\0\0") });
  });

  it.each([
    ["VRRP version 3", advert(vrrp3(100))],
    ["VRRP version 2 without it", advert(vrrp2().slice(0, 12))],
    ["TCP", ethernet(MAC, IPV4, ipv4({ protocol: 6 }, tcp()))],
    ["ARP", ethernet(MAC, 0x0806, [])],
    ["a frame without a header", Buffer.alloc(5)],
  ])("is not in %s", (_, frame) => {
    expect(authenticationIn(frame)).toEqual({ kind: "none" });
  });

  it.each([
    ["a fragment", advert(vrrp2(), { fragmentOffset: 3 }), "it is a fragment"],
    ["the first fragment", advert(vrrp2(), { fragmentOffset: 0x2000 }), "it is a fragment"],
    ["a frame that is cut off in it", advert(vrrp2()).subarray(0, -3), "its password is cut off"],
    ["a frame that is cut off in the IP header", advert(vrrp2()).subarray(0, 20), "its IP header is cut off"],
    ["another length", advert([...vrrp2(), 1, 2]), "its length is not that of its addresses and a password"],
    ["an unknown version", advert([0x41, ...vrrp2().slice(1)]), "it is neither VRRP version 2 nor 3"],
    ["two tags", ethernet(MAC, 0x88a8, vrrp2()), "it has two VLAN tags"],
  ])("may be anywhere in %s", (_, frame, why) => {
    expect(authenticationIn(frame)).toEqual({ kind: "unclear", why });
  });

  it("can be guessed from an authentication header's digest", () => {
    const digest = Array.from({ length: 12 }, (_, index) => index + 1);
    const header = [VRRP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, ...digest];
    const frame = ethernet(MAC, IPV4, ipv4({ protocol: AH }, [...header, ...vrrp2()]));
    expect(authenticationIn(frame)).toEqual({ kind: "digest", data: Buffer.from(digest) });
  });
});

test.each([true, false])(
  "a dump is written anew with other frames, and without some (little-endian: %s)",
  (littleEndian) => {
    const frames = [1, 2, 3].map((n) => Buffer.from([n, n]));
    const records = frames.map((frame, index) => [index, 5, frame] as const);
    const whole = dump(records, { littleEndian });
    const change = (frame: Buffer) => (frame[0] === 2 ? undefined : Buffer.from(frame.map((byte) => byte + 10)));
    // A record that is cut off is left out.
    const written = rewriteDump(Buffer.concat([whole, whole.subarray(24, 40)]), change);
    expect(new PcapReader().read(written)).toEqual([
      { at: 5n, bytes: Buffer.from([11, 11]) },
      { at: 2_000_000_005n, bytes: Buffer.from([13, 13]) },
    ]);
    expect(rewriteDump(whole, (frame) => frame)).toEqual(whole);
    expect(() => rewriteDump(Buffer.from("short"), change)).toThrow("shorter than its header");
    expect(() => rewriteDump(Buffer.alloc(40), change)).toThrow("no dump in the pcap format");
  },
);
