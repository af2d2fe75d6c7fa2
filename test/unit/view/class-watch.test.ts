import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepAnnouncement } from "../../../class/announcement.ts";
import { handOf, lowerHand, raiseHand } from "../../../class/hand.ts";
import { labDirectory, stateRoot } from "../../../provision/paths.ts";
import { idleSince } from "../../../verify/live/status.ts";
import { workInWords } from "../../../view/lab-watch.ts";
import { forProjector } from "../../../view/make-tile.ts";
import { lastKey, latestSign, stateOf } from "../../../view/sign-of-life.ts";
import type { Tile, ViewEvent } from "../../../view/tile.ts";
import { gradeOf, statusOf, ViewedClass } from "./a-class.ts";

let room: ViewedClass;
let controller: AbortController;
let run: Promise<void>;
/** The tiles as a page has them, by the students' ids. */
let tiles: Map<string, Tile>;
let events: ViewEvent[];

const begin = async (options: Parameters<typeof ViewedClass.make>[1] = {}): Promise<void> => {
  room = await ViewedClass.make({ alice: "Alice", bob: "Bob", carol: "Carol" }, options);
  controller = new AbortController();
  tiles = new Map();
  events = [];
  room.watch.feed.listen("teacher", undefined, (text) => {
    const [, data] = /^data: (.*)$/m.exec(text) ?? [];
    if (data === undefined) return;
    const event = JSON.parse(data) as ViewEvent;
    events.push(event);
    for (const tile of event.tiles) tiles.set(tile.student?.id ?? "", tile);
  });
  run = room.watch.run(controller.signal);
};
beforeEach(() => begin());
afterEach(async () => {
  controller.abort();
  await run;
  await room.end();
});

const tile = (id: string): Tile | undefined => tiles.get(id);
const seen = (id: string, look: (tile: Tile | undefined) => unknown) =>
  expect.poll(() => look(tile(id)), { timeout: 5000 });
const directory = (id: string): string => labDirectory(`net1.${id}`);

describe("a class that is watched", () => {
  it("has each lab's points, tasks and holders as grade and status have them", async () => {
    room.course("bob", { done: 3, wrong: "It works!", holders: ["server1"] });
    await seen("bob", (one) => one?.score?.points).toBeGreaterThan(0);
    const member = room.all.members.find(({ id }) => id === "bob");
    const grade = member && (await gradeOf(member.stack, member.lab, { done: 3, wrong: "It works!" }));
    expect(tile("bob")).toMatchObject({
      student: { id: "bob", name: "Bob", stack: "net1.bob" },
      ...{ state: "up", words: "up", score: grade?.score },
      vips: [{ address: "172.25.254.100", holders: ["server1"] }],
    });
    expect(tile("bob")?.tasks.map(({ id, status, points }) => [id, status, points])).toEqual(
      grade?.tasks.map(({ id, status, points }) => [id, status, points]),
    );
    const wrong = tile("bob")?.tasks.find(({ status }) => status === "wrong");
    expect(wrong).toMatchObject({ seen: "It works!", hint: expect.any(String) });
  });

  it("is stopped for nobody by a lab that fails or hangs; one that hangs is cut, and told of", async () => {
    controller.abort();
    await run;
    await room.end();
    await begin({ longestMs: 300, atOnce: 1 });
    room.course("alice", { ms: 600_000 });
    room.course("bob", { error: new Error("server2 did not accept an SSH login") });
    await seen("carol", (one) => one?.state).toBe("up");
    await seen("bob", (one) => one?.words).toBe("server2 did not accept an SSH login");
    await seen("alice", (one) => one?.state).toBe("silent");
    // A look that was cut is a look that failed, and a further one may come.
    room.course("alice", {});
    await seen("alice", (one) => one?.state).toBe("up");
  });

  it("keeps what was seen before of a lab that does not answer now, and nothing of one that is gone", async () => {
    room.course("bob", { done: 40, idle: 5 });
    await seen("bob", (one) => one?.score?.percent).toBe(100);
    const at = tile("bob")?.lookedAt;
    room.course("bob", { instead: { state: "busy", words: "coming up" } });
    await seen("bob", (one) => one?.state).toBe("busy");
    expect(tile("bob")).toMatchObject({ words: "coming up", score: { percent: 100 } });
    expect(tile("bob")?.lookedAt).toBeGreaterThanOrEqual(at ?? 0);
    room.course("bob", { instead: { state: "none", words: "no lab" } });
    await seen("bob", (one) => one?.state).toBe("none");
    expect(tile("bob")).toMatchObject({ tasks: [], vips: [] });
    expect(tile("bob")?.score).toBeUndefined();
  });

  it("sees a hand, its new text, and that it is lowered, within a second, whoever lowers it", async () => {
    const within = async (
      change: () => Promise<unknown>,
      look: (one: Tile | undefined) => unknown,
      wanted: unknown,
    ) => {
      await change();
      await expect.poll(() => look(tile("alice")), { timeout: 1000, interval: 20 }).toEqual(wanted);
    };
    const text = (one: Tile | undefined) => one?.hand?.text;
    await within(() => raiseHand(directory("alice"), "why?"), text, "why?");
    expect(tile("alice")?.sign).toMatchObject({ kind: "hand" });
    await within(() => raiseHand(directory("alice"), "why not?"), text, "why not?");
    await within(
      () => lowerHand(directory("alice")),
      (one) => one?.hand,
      undefined,
    );
    await within(
      () => raiseHand(directory("alice"), ""),
      (one) => one?.hand?.since !== undefined,
      true,
    );
    const key = tile("alice")?.key ?? "";
    await within(
      () => room.watch.lower(key),
      (one) => one?.hand,
      undefined,
    );
    expect(await handOf(directory("alice"))).toBeUndefined();
    expect(await room.watch.lower("nobody")).toBe(false);
  });

  it("sees faults, the guide's progress, and what the class is told", async () => {
    await mkdir(join(directory("carol"), "faults"));
    const fault = { fault: "httpd-hang", server: "server2", parameters: {}, since: "2026-01-01T12:00:00.000Z" };
    await writeFile(join(directory("carol"), "faults/httpd-hang@server2.json"), JSON.stringify(fault));
    const since = "2026-01-01T12:00:00.000Z";
    const steps = { one: { reachedAt: since, state: "open", since }, two: { state: "open", since } };
    await mkdir(join(stateRoot(), "guide"));
    const progress = { format: "lvs-lab guide progress", version: 1, lab: "bare", steps, hints: [] };
    await writeFile(join(stateRoot(), "guide/net1.carol.json"), JSON.stringify(progress));
    await writeFile(join(stateRoot(), "guide/net1.bob.json"), JSON.stringify({ ...progress, lab: "another" }));
    await keepAnnouncement(room.all.directory, { text: "five minutes", at: new Date().toISOString() });
    await seen("carol", (one) => one?.faults).toEqual([
      { fault: "httpd-hang", where: "server2", since: Date.UTC(2026, 0, 1, 12) },
    ]);
    await seen("carol", (one) => one?.guide).toEqual({ done: 1 });
    expect(tile("bob")?.guide).toBeUndefined();
    await expect.poll(() => events.at(-1)?.info.announcement?.text).toBe("five minutes");
    await rm(join(directory("carol"), "faults"), { recursive: true });
    await seen("carol", (one) => one?.faults).toEqual([]);
  });

  it("looks at a lab soon after a fault was injected or healed there", async () => {
    controller.abort();
    await run;
    await room.end();
    await begin({ everyMs: 600_000 });
    await expect.poll(() => room.looks.length).toBe(3);
    await mkdir(join(directory("bob"), "faults"));
    await writeFile(
      join(directory("bob"), "faults/x@y.json"),
      '{"fault":"x","server":"y","since":"2026-01-01T12:00:00.000Z"}',
    );
    await expect.poll(() => room.looks.slice(3), { timeout: 3000 }).toEqual(["net1.bob"]);
  });

  it("knows since when the points have not risen, and takes a change and a key for signs of life", async () => {
    await seen("bob", (one) => one?.score?.points).toBe(0);
    expect(tile("bob")?.sign).toBeUndefined();
    const first = tile("bob")?.stuckSince ?? 0;
    const looked = tile("bob")?.lookedAt ?? 0;
    await seen("bob", (one) => one?.lookedAt).toBeGreaterThan(looked);
    expect(tile("bob")?.stuckSince).toBe(first);
    room.course("bob", { idle: 100 });
    await seen("bob", (one) => one?.sign?.kind).toBe("key");
    const { sign, lookedAt = 0 } = tile("bob") ?? {};
    expect(lookedAt - (sign?.at ?? 0)).toBe(100_000);
    room.course("bob", { done: 4, idle: 100 });
    await seen("bob", (one) => one?.sign?.kind).toBe("change");
    expect(tile("bob")?.stuckSince).toBeGreaterThan(first);
    room.course("bob", { done: 40 });
    await seen("bob", (one) => one?.score?.percent).toBe(100);
    expect(tile("bob")?.stuckSince).toBeUndefined();
  });
});

describe("signs of life", () => {
  it("what changes by itself is none: idle times, and what a task has seen", async () => {
    const [member] = room.all.members;
    if (!member) throw new Error("the class has no members");
    const { stack, lab } = member;
    const at = async (course: Parameters<typeof gradeOf>[2]) =>
      stateOf({ status: statusOf(stack, lab, course), grade: await gradeOf(stack, lab, course) });
    const before = await at({ done: 2, wrong: "at 12:00", idle: 10 });
    expect(await at({ done: 2, wrong: "at 12:01", idle: 20 })).toBe(before);
    expect(await at({ done: 2 })).not.toBe(before);
    expect(await at({ done: 2, wrong: "at 12:00", holders: ["server1"] })).not.toBe(before);
    expect(lastKey(statusOf(stack, lab), 1000)).toBeUndefined();
  });

  it("the latest one counts", () => {
    expect(latestSign(undefined, { at: 2, kind: "key" }, { at: 1, kind: "hand" }, undefined)?.at).toBe(2);
    expect(latestSign()).toBeUndefined();
  });

  it("a server's terminals are as idle as the one that was used last", () => {
    expect(idleSince("1000\n900\n990\n")).toEqual({ idleSeconds: 10 });
    expect(idleSince("1000\n")).toEqual({});
    expect(idleSince("")).toEqual({});
    expect(idleSince("1000\n1004\n")).toEqual({ idleSeconds: 0 });
  });
});

it("commands that take the whole lab are said in words; beside others a look is possible", () => {
  expect(workInWords("lvs-lab up --stack net1.alice")).toBe("coming up");
  expect(workInWords("lvs-lab reset -s net1.alice")).toBe("being reset");
  expect(workInWords("lvs-lab fault inject netem server1")).toBeUndefined();
});

it("a projector's tile has no word of anybody's", () => {
  const shown = forProjector({
    ...{
      key: "7",
      student: { id: "alice", name: "Alice", stack: "net1.alice" },
      state: "silent",
      words: "alice's server",
    },
    ...{ tasks: [], vips: [{ address: "10.0.0.1", holders: [] }], faults: [], hand: { since: 3, text: "Alice here" } },
  });
  expect(shown).toEqual({
    ...{ key: "7", state: "silent", words: "no server answers", tasks: [], vips: [{ holders: [] }], faults: [] },
    hand: { since: 3 },
  });
});
