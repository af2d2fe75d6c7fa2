import { describe, expect, it } from "vitest";
import { parseFrame } from "../../../../verify/wire/parse.ts";
import { PcapReader } from "../../../../verify/wire/pcap.ts";
import { arp, dump, ethernet, ipv4, tcp, vrrp2, vrrp3 } from "./frames.ts";

const MAC = "52:54:00:fe:00:0b";
const ARP = 0x0806;
const IPV4 = 0x0800;
const parse = (type: number, payload: readonly number[]) => parseFrame(ethernet(MAC, type, payload));

describe("an advertisement", () => {
  const version2 = {
    kind: "vrrp",
    mac: MAC,
    source: "10.0.0.11",
    destination: "224.0.0.18",
    ipId: 777,
    version: 2,
    virtualRouterId: 51,
    priority: 100,
    intervalMs: 1000,
    addresses: ["10.0.0.100"],
    password: "1111",
  };

  it("of version 2 is read with its password", () => {
    expect(parse(IPV4, ipv4({ protocol: 112, id: 777 }, vrrp2()))).toEqual(version2);
  });

  it("is read behind a VLAN tag, behind IP options, and with the padding of a short frame", () => {
    const packet = ipv4({ protocol: 112, id: 777 }, vrrp2());
    expect(parseFrame(ethernet(MAC, IPV4, packet, 12))).toEqual(version2);
    expect(parse(IPV4, ipv4({ protocol: 112, id: 777, options: [148, 4, 0, 0] }, vrrp2()))).toEqual(version2);
    expect(parse(IPV4, [...packet, 9, 9, 9, 9])).toEqual(version2);
  });

  it("is read where it is for one router alone", () => {
    const packet = ipv4({ protocol: 112, id: 777, destination: "10.0.0.14" }, vrrp2());
    expect(parse(IPV4, packet)).toEqual({ ...version2, destination: "10.0.0.14" });
  });

  it("has no password without simple text authentication", () => {
    expect(parse(IPV4, ipv4({ protocol: 112 }, vrrp2({ authentication: 0 })))).not.toHaveProperty("password");
    expect(parse(IPV4, ipv4({ protocol: 112 }, vrrp2({ password: "" })))).toHaveProperty("password", "");
    expect(parse(IPV4, ipv4({ protocol: 112 }, vrrp2({ password: "12345678" })))).toHaveProperty(
      "password",
      "12345678",
    );
  });

  it("of version 3 has its interval in hundredths of a second and any number of addresses", () => {
    const packet = parse(IPV4, ipv4({ protocol: 112 }, vrrp3(25)));
    expect(packet).toMatchObject({ version: 3, intervalMs: 250, addresses: ["10.0.0.100", "10.0.0.101"] });
    expect(packet).not.toHaveProperty("password");
  });

  it("that is cut off, of another version or another type is none", () => {
    const message = vrrp2();
    for (const broken of [
      message.slice(0, 7),
      message.slice(0, 11),
      [0x41, ...message.slice(1)],
      [0x22, ...message.slice(1)],
    ])
      expect(parse(IPV4, ipv4({ protocol: 112 }, broken))).toEqual({ kind: "other", mac: MAC });
  });
});

describe("ARP", () => {
  it("is read in both directions", () => {
    expect(parse(ARP, arp())).toEqual({
      kind: "arp",
      mac: MAC,
      operation: "request",
      sender: { mac: MAC, address: "10.0.0.100" },
      target: { mac: "00:00:00:00:00:00", address: "10.0.0.100" },
    });
    expect(parse(ARP, arp({ operation: 2, target: "10.0.0.250" }))).toMatchObject({
      operation: "reply",
      target: { address: "10.0.0.250" },
    });
  });

  it("of another kind of network, another operation or cut off is none", () => {
    for (const broken of [[0, 6, ...arp().slice(2)], arp({ operation: 8 }), arp().slice(0, 27)])
      expect(parse(ARP, broken)).toEqual({ kind: "other", mac: MAC });
  });
});

describe("TCP", () => {
  it("is read with its ports, numbers and flags", () => {
    const packet = ipv4(
      { protocol: 6, source: "10.0.0.250", destination: "10.0.0.100" },
      tcp({ sequence: 0xfedc_ba98, flags: 0x12 }),
    );
    expect(parse(IPV4, packet)).toEqual({
      kind: "tcp",
      mac: MAC,
      source: "10.0.0.250",
      sourcePort: 40000,
      destination: "10.0.0.100",
      destinationPort: 80,
      sequence: 0xfedc_ba98,
      acknowledgement: 0,
      syn: true,
      ack: true,
      rst: false,
    });
  });

  it("is not read of a later fragment, which has no header", () => {
    expect(parse(IPV4, ipv4({ protocol: 6, fragmentOffset: 3 }, tcp()))).toEqual({ kind: "other", mac: MAC });
  });
});

it("reads nothing of what is no frame, and the source alone of what it does not know", () => {
  expect(parseFrame(Buffer.alloc(13))).toBeUndefined();
  expect(parse(0x86dd, [0x60, 0, 0])).toEqual({ kind: "other", mac: MAC });
  expect(parse(IPV4, ipv4({ protocol: 17 }, [1, 2, 3]))).toEqual({ kind: "other", mac: MAC });
  expect(parse(IPV4, [0x45, 0])).toEqual({ kind: "other", mac: MAC });
});

describe("a dump", () => {
  const frames = [Buffer.from("first frame"), Buffer.from(""), Buffer.from("third")];
  const records = frames.map((frame, index) => [1_700_000_000 + index, 123_456_789, frame] as const);

  it("is read in whatever portions it comes", () => {
    const bytes = dump(records);
    for (const portion of [1, 7, 16, 1000]) {
      const reader = new PcapReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += portion) read.push(...reader.read(bytes.subarray(at, at + portion)));
      expect(read.map(({ bytes }) => bytes.toString())).toEqual(["first frame", "", "third"]);
      expect(read[1]?.at).toBe(1_700_000_001_123_456_789n);
    }
  });

  it("is read in either byte order, with microseconds too", () => {
    for (const littleEndian of [true, false]) {
      const bytes = dump([[5, 999_999, frames[0] as Buffer]], { magic: 0xa1b2c3d4, littleEndian });
      expect(new PcapReader().read(bytes)).toEqual([{ at: 5_999_999_000n, bytes: frames[0] }]);
    }
  });

  it("is refused if it is none, of another link, or broken", () => {
    expect(() => new PcapReader().read(Buffer.alloc(24, "x"))).toThrow(
      /no dump in the pcap format: it begins with 78787878/,
    );
    expect(() => new PcapReader().read(dump([], { linkType: 113 }))).toThrow(/link type 113, not of Ethernet/);
    const broken = dump(records);
    broken.writeUInt32LE(0x7fff_ffff, 24 + 8);
    expect(() => new PcapReader().read(broken)).toThrow(/a frame of 2147483647 bytes/);
  });
});
