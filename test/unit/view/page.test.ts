import { describe, expect, it } from "vitest";
import { type Choice, chosen, sumOf } from "../../../view/page/order.ts";
import { ago, since, spoken } from "../../../view/page/words.ts";
import type { Tile } from "../../../view/tile.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const minutesAgo = (minutes: number): number => NOW - minutes * 60_000;

const aTile = (name: string, more: Partial<Tile> = {}): Tile => ({
  key: name,
  student: { id: name.toLowerCase(), name, stack: `net1.${name.toLowerCase()}` },
  ...{ state: "up", words: "up", lookedAt: NOW, tasks: [], vips: [], faults: [] },
  ...more,
});
const points = (percent: number) => ({ score: { points: percent, of: 100, percent } });
const task = (status: "done" | "wrong" | "not yet") =>
  ({ id: "arp-cure", title: "It is quiet", where: "server2", status, points: 0, of: 1 }) as const;

const tiles: readonly Tile[] = [
  aTile("Zoë", { ...points(40), sign: { at: minutesAgo(1), kind: "key" }, stuckSince: minutesAgo(30) }),
  aTile("bob", { ...points(100), sign: { at: minutesAgo(50), kind: "change" } }),
  aTile("Alice", {
    ...points(40),
    ...{
      tasks: [task("done"), task("wrong")],
      hand: { since: minutesAgo(2), text: "ARP?" },
      stuckSince: minutesAgo(3),
    },
  }),
  aTile("Émile", { state: "silent", words: "no server answers", hand: { since: minutesAgo(9) } }),
  { ...aTile("Dora", { state: "none", words: "no lab" }), lookedAt: undefined } as unknown as Tile,
  aTile("st2", { ...points(0), faults: [{ fault: "netem", where: "segment", since: NOW }] }),
  aTile("st10", { ...points(0), sign: { at: minutesAgo(7), kind: "hand" } }),
];
const names = (choice: Partial<Choice>): string[] =>
  chosen(tiles, { find: "", show: "all", sort: "name", ...choice }).map(({ student }) => student?.name ?? "");

describe("the order of tiles", () => {
  it.each<[Choice["sort"], string[]]>([
    ["name", ["Alice", "bob", "Dora", "Émile", "st2", "st10", "Zoë"]],
    ["points", ["bob", "Alice", "Zoë", "st2", "st10", "Dora", "Émile"]],
    ["stuck", ["Zoë", "Alice", "bob", "Dora", "Émile", "st2", "st10"]],
    ["quiet", ["Alice", "Émile", "st2", "bob", "st10", "Zoë", "Dora"]],
    ["hands", ["Émile", "Alice", "bob", "Dora", "st2", "st10", "Zoë"]],
  ])("by %s", (sort, expected) => {
    expect(names({ sort })).toEqual(expected);
  });
});

describe("the tiles that are shown", () => {
  it.each<[Choice["show"], string[]]>([
    ["hands", ["Alice", "Émile"]],
    ["wrong", ["Alice"]],
    ["finished", ["bob"]],
    ["unfinished", ["Alice", "Dora", "Émile", "st2", "st10", "Zoë"]],
    ["faults", ["st2"]],
    ["trouble", ["Dora", "Émile"]],
  ])("are %s", (show, expected) => {
    expect(names({ show })).toEqual(expected);
  });

  it("are found by name, id, question, state and fault, without case and accents, by all words", () => {
    expect(names({ find: "EMILE" })).toEqual(["Émile"]);
    expect(names({ find: "zoe" })).toEqual(["Zoë"]);
    expect(names({ find: "arp?" })).toEqual(["Alice"]);
    expect(names({ find: "no server" })).toEqual(["Émile"]);
    expect(names({ find: "netem st2" })).toEqual(["st2"]);
    expect(names({ find: "netem alice" })).toEqual([]);
  });
});

describe("words", () => {
  it("times are as short as a glance needs", () => {
    const times = [0, 9, 44, 89, 90, 3600, 5400, 7200, 200_000].map((seconds) => since(NOW - seconds * 1000, NOW));
    expect(times).toEqual(["now", "now", "40 s", "80 s", "2 min", "60 min", "2 h", "2 h", "2 d"]);
    expect([ago(NOW, NOW), ago(minutesAgo(4), NOW), ago(NOW + 60_000, NOW)]).toEqual(["now", "4 min ago", "now"]);
  });

  it("the class in a line counts what matters", () => {
    expect(sumOf(tiles)).toBe("7 labs: 1 finished, 2 hands up, 2 do not answer, 1 with faults, 36 % of the points");
    expect(sumOf([aTile("Alice")])).toBe("1 lab: 0 finished");
  });

  it("a tile is spoken with everything that it shows", () => {
    expect(spoken(tiles[2] as Tile, NOW)).toBe(
      "Alice; alice; hand up for 2 min: ARP?; 40 of 100 points; 1 done, 1 wrong, 0 not yet",
    );
    expect(spoken(aTile("x", { state: "down", words: "down", vips: [{ holders: ["server1", "server4"] }] }), NOW)).toBe(
      "x; down; VIP held by server1 and server4",
    );
  });
});
