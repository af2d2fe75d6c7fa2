import { describe, expect, it } from "vitest";
import { parseLab, type VrrpInstance } from "../../../../lab/index.ts";
import { captureFilter } from "../../../../verify/wire/capture.ts";
import { EvidenceLog } from "../../../../verify/wire/evidence.ts";
import { diagnose } from "../../../../verify/wire/index.ts";
import { returnOf, vrrpFacts } from "../../../../verify/wire/masterships.ts";
import { parseFrame } from "../../../../verify/wire/parse.ts";
import { vrrpStates } from "../../../../verify/wire/spans.ts";
import { dualStack } from "../../lab/family-cases.ts";

const VIP = "fd00:254::100";
const CLIENT = "fd00:254::250";
const frame = (...lines: string[]): Buffer => Buffer.from(lines.join("").replace(/\s/g, ""), "hex");

/** Frames that keepalived 2.2.7 sent in a network namespace, its link-local address that of server1. */
const HEADER = "3333 0000 0012 5254 00fe fe0b 86dd 6c01 71d6 0028 70ff";
const SOURCE = "fe80 0000 0000 0000 5054 00ff fefe fe0b";
const advert = (priority: string) =>
  frame(
    ...[HEADER, SOURCE, "ff02 0000 0000 0000 0000 0000 0000 0012"],
    ...[`3133 ${priority}02 0064 202d`],
    ...["fe80 0000 0000 0000 0200 5eff fe00 0233", "fd00 0254 0000 0000 0000 0000 0000 0100"],
  );
const unsolicited = frame(
  ...["3333 0000 0001 5254 00fe fe0b 86dd 6000 0000 0020 3aff", "fd00 0254 0000 0000 0000 0000 0000 0100"],
  ...["ff02 0000 0000 0000 0000 0000 0000 0001", "8800 66f4 2000 0000"],
  ...["fd00 0254 0000 0000 0000 0000 0000 0100", "0201 5254 00fe fe0b"],
);
/** server2's answer to the client, and its own question in the VIP's name. */
const answer = frame(
  ...["5254 00fd fefa 5254 00fe fe0c 86dd 6000 0000 0020 3aff", "fd00 0254 0000 0000 0000 0000 0000 0100"],
  ...["fd00 0254 0000 0000 0000 0000 0000 0250", "8800 0000 6000 0000"],
  ...["fd00 0254 0000 0000 0000 0000 0000 0100", "0201 5254 00fe fe0c"],
);
const question = (source: string) =>
  frame(
    ...["3333 ff00 0250 5254 00fe fe0c 86dd 6000 0000 0020 3aff", source],
    ...["ff02 0000 0000 0000 0000 0001 ff00 0250", "8700 0000 0000 0000"],
    ...["fd00 0254 0000 0000 0000 0000 0000 0250", "0101 5254 00fe fe0c"],
  );
const FROM_VIP = "fd00 0254 0000 0000 0000 0000 0000 0100";
const FROM_SERVER2 = "fd00 0254 0000 0000 0000 0000 0000 0012";
/** A SYN from the client's port 1024, or the SYN-ACK to it. */
const tcp = (from: string, to: string, ports: string, sequence: string, acknowledgement: string, flags: string) =>
  frame(
    ...["5254 00fe fe0b 5254 00fd fefa 86dd 6000 0000 0014 0640", from, to, ports],
    ...[sequence, acknowledgement, `50${flags} ffff 0000 0000`],
  );
const FROM_CLIENT = "fd00 0254 0000 0000 0000 0000 0000 0250";

describe("a frame of IPv6", () => {
  it("is an advertisement of VRRP version 3, without an identification", () => {
    const packet = parseFrame(advert("64"));
    expect(packet).toEqual({
      kind: "vrrp",
      mac: "52:54:00:fe:fe:0b",
      source: "fe80::5054:ff:fefe:fe0b",
      destination: "ff02::12",
      version: 3,
      virtualRouterId: 51,
      priority: 100,
      intervalMs: 1000,
      addresses: ["fe80::200:5eff:fe00:233", VIP],
    });
    expect(parseFrame(advert("64").subarray(0, 93))).toEqual({ kind: "other", mac: "52:54:00:fe:fe:0b" });
  });

  it("is a neighbour advertisement or solicitation", () => {
    expect(parseFrame(unsolicited)).toEqual({
      kind: "neighbour",
      mac: "52:54:00:fe:fe:0b",
      operation: "advertisement",
      source: VIP,
      target: VIP,
      linkAddress: "52:54:00:fe:fe:0b",
      solicited: false,
    });
    expect(parseFrame(answer)).toMatchObject({ operation: "advertisement", solicited: true });
    expect(parseFrame(question(FROM_VIP))).toMatchObject({
      operation: "solicitation",
      source: VIP,
      target: CLIENT,
      linkAddress: "52:54:00:fe:fe:0c",
      solicited: false,
    });
    expect(parseFrame(answer.subarray(0, 78))).not.toHaveProperty("linkAddress");
    expect(parseFrame(answer.subarray(0, 77))).toMatchObject({ kind: "other" });
  });

  it("is TCP", () => {
    expect(parseFrame(tcp(FROM_CLIENT, FROM_VIP, "0400 0050", "0000 0007", "0000 0000", "02"))).toMatchObject({
      kind: "tcp",
      source: CLIENT,
      sourcePort: 1024,
      destination: VIP,
      destinationPort: 80,
      sequence: 7,
      syn: true,
      ack: false,
    });
  });

  it("is something else with an extension header, or cut off in the header", () => {
    const extended = Buffer.from(unsolicited);
    extended[20] = 0; // hop-by-hop options
    expect(parseFrame(extended)).toEqual({ kind: "other", mac: "52:54:00:fe:fe:0b" });
    expect(parseFrame(unsolicited.subarray(0, 53))).toEqual({ kind: "other", mac: "52:54:00:fe:fe:0b" });
  });
});

/** What was heard of an IPv6 service, each frame at its moment. */
function heard(...frames: readonly (readonly [at: number, frame: Buffer])[]): EvidenceLog {
  const log = new EvidenceLog({ vip: VIP, port: 80, client: CLIENT });
  for (const [at, one] of frames) {
    const packet = parseFrame(one);
    if (packet) log.add(packet, at);
  }
  return log;
}

describe("the evidence of an IPv6 service", () => {
  it("has claims of the VIP in neighbour discovery, and unsolicited ones beside gratuitous ARP", () => {
    const { claims, gratuitousArp } = heard(
      [1, unsolicited],
      [2, answer],
      [3, question(FROM_VIP)],
      [4, question(FROM_SERVER2)],
    );
    expect(claims).toEqual([
      { at: 1, mac: "52:54:00:fe:fe:0b", kind: "gratuitous" },
      { at: 2, mac: "52:54:00:fe:fe:0c", kind: "reply" },
      { at: 3, mac: "52:54:00:fe:fe:0c", kind: "request" },
    ]);
    expect(gratuitousArp).toEqual([{ at: 1, mac: "52:54:00:fe:fe:0b", kind: "reply" }]);
  });

  it("has the client's handshakes", () => {
    const { handshakes } = heard(
      [1, tcp(FROM_CLIENT, FROM_VIP, "0400 0050", "0000 0007", "0000 0000", "02")],
      [2, tcp(FROM_VIP, FROM_CLIENT, "0050 0400", "0000 0001", "0000 0008", "12")],
    );
    expect(handshakes).toEqual([{ port: 1024, sequence: 7, syn: 1, synAck: 2 }]);
  });

  it("comes by a filter without tcpdump's word for VRRP, which is of IPv4", () => {
    const lab = parseLab(dualStack, "six.yaml");
    const [four, six] = lab.services;
    if (!four || !six) throw new Error("no services");
    const client = lab.client.interfaces[0]?.addresses ?? [];
    expect(captureFilter({ service: six, client: client[1] ?? six.vip })).toBe(
      "ip6 proto 112 or icmp6 or (tcp port 80 and host fd00:254::250)",
    );
    expect(captureFilter({ service: four, client: client[0] ?? four.vip })).toBe(
      "arp or vrrp or icmp6 or (tcp port 80 and host 172.25.254.250)",
    );
    expect(captureFilter({ service: { ...four, protocol: "udp" }, client: client[0] ?? four.vip })).toBe(
      "arp or vrrp or icmp6 or (udp port 80 and host 172.25.254.250)",
    );
  });
});

describe("VRRP over IPv6", () => {
  const lab = parseLab(dualStack, "six.yaml");
  const [four, six] = lab.vrrp as [VrrpInstance, VrrpInstance];
  const [, service] = lab.services;
  if (!service) throw new Error("no service");

  it("knows a director by its link-local address, and the instance by identifier and family", () => {
    const [seen] = heard([1, advert("64")]).adverts;
    if (!seen) throw new Error("no advertisement");
    expect(vrrpFacts(lab, six).directorOf(seen)).toBe("server1");
    // From the virtual router's own MAC address, which is not that of IPv4.
    expect(vrrpFacts(lab, six).directorOf({ ...seen, mac: "00:00:5e:00:02:33" })).toBe("server1");
    expect(vrrpFacts(lab, six).directorOf({ ...seen, mac: "00:00:5e:00:01:33" })).toBeUndefined();
    expect(vrrpFacts(lab, six).concerns(seen)).toBe(true);
    expect(vrrpFacts(lab, four).concerns(seen)).toBe(false);
    expect(returnOf(seen, seen, 1000)).toBe("unknown");
  });

  it("has a master from its first advertisement until it resigns", () => {
    const { adverts, gratuitousArp, claims, handshakes, sightings } = heard(
      [2000, advert("64")],
      [3000, advert("64")],
      [3500, advert("00")],
    );
    const evidence = { from: 0, to: 5000, adverts, gratuitousArp, claims, handshakes, sightings };
    expect(vrrpStates(evidence, lab, six).filter(({ state }) => state === "MASTER")).toEqual([
      { server: "server1", state: "MASTER", from: 2000, to: 3500 },
    ]);
  });

  it("is told from a real server that claims the VIP, in the words of neighbour discovery", () => {
    const moments = Array.from({ length: 20 }, (_, second) => [second * 1000, advert("64")] as const);
    const { adverts, gratuitousArp, claims, handshakes, sightings } = heard(
      ...[...moments, [10_300, answer] as const].sort(([one], [other]) => one - other),
    );
    const evidence = { from: 0, to: 19_500, adverts, gratuitousArp, claims, handshakes, sightings };
    const [conflict, ...more] = diagnose(evidence, lab, service);
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({ id: "arp-conflict", who: ["server1", "server2"] });
    expect(conflict?.because.join("\n")).toContain("server2 (52:54:00:fe:fe:0c) by 1 neighbour advertisement");
  });
});
