import { describe, expect, it } from "vitest";
import { EvidenceLog } from "../../../../verify/wire/evidence.ts";
import { outageFromWire } from "../../../../verify/wire/index.ts";
import { parseFrame } from "../../../../verify/wire/parse.ts";
import { arp, ethernet, ipv4, tcp, vrrp2 } from "./frames.ts";

const CLIENT = "10.0.0.250";
const VIP = "10.0.0.100";
const MAC = "52:54:00:fe:00:0b";
const [SYN, SYN_ACK, ACK] = [0x02, 0x12, 0x10];

/** A log that has heard some frames, each at its moment. */
function logOf(...frames: readonly (readonly [at: number, frame: Buffer])[]): EvidenceLog {
  const log = new EvidenceLog({ vip: VIP, port: 80, client: CLIENT });
  for (const [at, frame] of frames) {
    const packet = parseFrame(frame);
    if (packet) log.add(packet, at);
  }
  return log;
}
const arpFrame = (fields: Parameters<typeof arp>[0]) => ethernet(MAC, 0x0806, arp(fields));
const toVip = (port: number, sequence: number, flags = SYN, mac = "52:54:00:00:00:fa") =>
  ethernet(mac, 0x0800, ipv4({ protocol: 6, source: CLIENT, destination: VIP }, tcp({ from: port, sequence, flags })));
const toClient = (port: number, acknowledgement: number, flags = SYN_ACK) =>
  ethernet(
    MAC,
    0x0800,
    ipv4(
      { protocol: 6, source: VIP, destination: CLIENT },
      tcp({ from: 80, to: port, sequence: 7, acknowledgement, flags }),
    ),
  );

it("takes advertisements with what tells their process", () => {
  const { adverts, sightings } = logOf([5, ethernet(MAC, 0x0800, ipv4({ protocol: 112, id: 4711 }, vrrp2()))]);
  expect(adverts).toMatchObject([{ at: 5, ipId: 4711, priority: 100, password: "1111", mac: MAC }]);
  expect(adverts[0]).not.toHaveProperty("kind");
  expect(sightings.size).toBe(0);
});

describe("an advertisement to several routers", () => {
  const advert = (id: number, destination: string, fields: Parameters<typeof vrrp2>[0] = {}, source = "10.0.0.11") =>
    ethernet(MAC, 0x0800, ipv4({ protocol: 112, id, source, destination }, vrrp2(fields)));
  const [b, c] = ["10.0.0.12", "10.0.0.13"];
  const heard = (...frames: readonly (readonly [at: number, frame: Buffer])[]) =>
    logOf(...frames).adverts.map(({ at, ipId, destinations }) => [at, ipId, destinations.join(" ")]);

  it("is one, with all of its destinations, though another router speaks in between", () => {
    const other = advert(7, b, { priority: 50 }, "10.0.0.13");
    expect(
      heard([5, advert(1, b)], [5.5, other], [6, advert(1, c)], [1005, advert(2, b)], [1006, advert(2, c)]),
    ).toEqual([
      [5, 1, `${b} ${c}`],
      [5.5, 7, b],
      [1005, 2, `${b} ${c}`],
    ]);
  });

  it("is another one with another count, another priority, the same destination, or much later", () => {
    expect(heard([5, advert(1, b)], [6, advert(2, c)])).toHaveLength(2);
    expect(heard([5, advert(1, b)], [6, advert(1, c, { priority: 0 })])).toHaveLength(2);
    expect(heard([5, advert(0, b)], [6, advert(0, b)])).toHaveLength(2);
    expect(heard([5, advert(0, b)], [1005, advert(0, c)])).toHaveLength(2);
  });

  it("is one with one destination where it is multicast", () => {
    expect(heard([5, advert(1, "224.0.0.18")], [1005, advert(2, "224.0.0.18")])).toEqual([
      [5, 1, "224.0.0.18"],
      [1005, 2, "224.0.0.18"],
    ]);
  });
});

it("tells gratuitous ARP for the VIP, in either form, from answers and from questions", () => {
  const { gratuitousArp, claims } = logOf(
    [1, arpFrame({ sender: VIP, target: VIP })],
    [2, arpFrame({ operation: 2, sender: VIP, target: VIP })],
    [3, arpFrame({ operation: 2, sender: VIP, target: CLIENT })],
    [4, arpFrame({ sender: VIP, target: CLIENT })],
    [5, arpFrame({ sender: CLIENT, target: VIP })],
    [6, arpFrame({ sender: "10.0.0.12", target: "10.0.0.12" })],
  );
  expect(gratuitousArp).toEqual([
    { at: 1, mac: MAC, kind: "request" },
    { at: 2, mac: MAC, kind: "reply" },
  ]);
  expect(claims.map(({ at, kind }) => [at, kind])).toEqual([
    [1, "gratuitous"],
    [2, "gratuitous"],
    [3, "reply"],
    [4, "request"],
  ]);
});

it("joins a SYN with its answer, and takes the director's copy and TCP's repetition of it for the same", () => {
  const { handshakes } = logOf(
    [10, toVip(40_000, 0xffff_ffff)],
    [10.1, toVip(40_000, 0xffff_ffff, SYN, MAC)],
    [10.4, toClient(40_000, 0)],
    [10.5, toVip(40_000, 0, ACK)],
    [10.6, toClient(40_000, 0)],
    [20, toVip(40_001, 5)],
    [1020, toVip(40_001, 5)],
    [1020.3, toClient(40_001, 6)],
    [2000, toVip(40_000, 9)],
    [2000.5, toClient(40_000, 1234)],
    [2001, toClient(40_002, 1)],
  );
  expect(handshakes).toEqual([
    { port: 40_000, sequence: 0xffff_ffff, syn: 10, synAck: 10.4 },
    { port: 40_001, sequence: 5, syn: 20, synAck: 1020.3 },
    { port: 40_000, sequence: 9, syn: 2000, synAck: null },
  ]);
});

it("leaves out connections to other hosts and ports", () => {
  const other = ipv4({ protocol: 6, source: CLIENT, destination: "10.0.0.12" }, tcp());
  const ssh = ipv4({ protocol: 6, source: CLIENT, destination: VIP }, tcp({ to: 22 }));
  const check = ipv4({ protocol: 6, source: "10.0.0.11", destination: VIP }, tcp());
  const log = logOf(...[other, ssh, check].map((packet, at) => [at, ethernet(MAC, 0x0800, packet)] as const));
  expect(log.handshakes).toEqual([]);
});

it("notes when a hardware address was seen, ten times a second at most", () => {
  const { sightings } = logOf(...[0, 50, 99, 100, 150, 900].map((at) => [at, arpFrame({})] as const));
  expect(sightings.get(MAC)).toEqual([0, 100, 900]);
});

/** A SYN every 10 ms, answered after 0.3 ms unless the service is away; then by its repetition, if at all. */
const handshakes = (until: number, away: readonly [number, number]) =>
  Array.from({ length: until / 10 }, (_, n) => {
    const syn = n * 10;
    const lost = syn >= away[0] && syn < away[1];
    const repeated = lost && syn + 1000 >= away[1] ? syn + 1000.3 : null;
    return { port: 30_000 + n, sequence: n, syn, synAck: lost ? repeated : syn + 0.3 };
  });

it("finds the outage by the first SYNs alone: repetitions that succeed do not shorten it", () => {
  const { longest, counts, elsewhere } = outageFromWire({ handshakes: handshakes(10_000, [2000, 5400]), to: 12_000 });
  expect(longest).toMatchObject({ from: 2000, to: 5400.3, ms: 3400.3, requests: 340 });
  expect(longest?.errorMs).toBeCloseTo(10.3, 1);
  expect(counts).toMatchObject({ delayed: 100, failed: 240 });
  expect(elsewhere).toBe(0);
});

it("does not take what was under way at the capture's end for lost, and knows an outage that is not over", () => {
  expect(outageFromWire({ handshakes: handshakes(10_000, [9500, 20_000]), to: 10_000 }).longest).toBeNull();
  const { longest } = outageFromWire({ handshakes: handshakes(10_000, [7000, 20_000]), to: 10_000 });
  expect(longest).toMatchObject({ from: 7000, to: null, ms: 3000 });
});
