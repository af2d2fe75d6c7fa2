import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepAnnouncement, latestAnnouncement } from "../../../class/announcement.ts";
import { handOf, LONGEST_QUESTION, lowerHand, raiseHand } from "../../../class/hand.ts";
import { plainLine } from "../../../class/plain-line.ts";

let lab: string;
beforeEach(async () => {
  lab = await mkdtemp(join(tmpdir(), "lvs-lab-hand-"));
});
afterEach(() => rm(lab, { recursive: true }));

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 12, minute));

describe("a hand", () => {
  it("is down at first, is raised with or without a text, and lowered once", async () => {
    expect(await handOf(lab)).toBeUndefined();
    await raiseHand(lab, "", at(0));
    expect(await handOf(lab)).toEqual({ text: "", since: at(0).toISOString() });
    expect(await lowerHand(lab)).toBe(true);
    expect(await handOf(lab)).toBeUndefined();
    expect(await lowerHand(lab)).toBe(false);
    expect(await readdir(lab)).toEqual([]);
  });

  it("raised again stays up since when it was, with the new text, or the former one where there is none", async () => {
    await raiseHand(lab, "why?", at(0));
    await raiseHand(lab, "why does curl hang?", at(5));
    expect(await handOf(lab)).toEqual({ text: "why does curl hang?", since: at(0).toISOString() });
    await raiseHand(lab, " ", at(6));
    expect(await handOf(lab)).toEqual({ text: "why does curl hang?", since: at(0).toISOString() });
  });

  it("has one plain line, whoever wrote the file", async () => {
    const text = `\u001b[31mred\u001b[0m\n\n\u202e${"x".repeat(1000)}`;
    await writeFile(join(lab, "hand.json"), JSON.stringify({ version: 1, text, since: at(0).toISOString() }));
    const hand = await handOf(lab);
    expect(hand?.text).toHaveLength(LONGEST_QUESTION);
    expect(hand?.text).toMatch(/^red x+…$/);
  });

  it.each(["", "{", "[]", '{"version":1,"text":7,"since":"now"}', '{"version":1,"text":"x","since":"<b>"}'])(
    "is down where its file is %j",
    async (text) => {
      await writeFile(join(lab, "hand.json"), text);
      expect(await handOf(lab)).toBeUndefined();
      await raiseHand(lab, "why?", at(0));
      expect((await handOf(lab))?.text).toBe("why?");
    },
  );
});

describe("a plain line", () => {
  it.each([
    ["plain", "plain"],
    ["  two\r\nlines\tand a tab ", "two lines and a tab"],
    ["\u001b]0;title\u0007\u001b[2J\u0000bell\u0007\u009b31m", "bell"],
    ["to the left \u202eright", "to the left right"],
    ["👩‍👩‍👧 Zoë 王", "👩‍👩‍👧 Zoë 王"],
    ["\ud800 lone", "lone"],
    ["<script>alert(1)</script> $(id) `id`", "<script>alert(1)</script> $(id) `id`"],
  ])("of %j is %j", (text, line) => {
    expect(plainLine(text, 100)).toBe(line);
  });

  it("is so long at most, in characters as they are seen, and in bytes", () => {
    expect(plainLine("👍🏽".repeat(20), 10)).toBe(`${"👍🏽".repeat(9)}…`);
    expect(plainLine("é".repeat(20), 10)).toBe(`${"é".repeat(9)}…`);
    expect(plainLine(`a${"\u0301".repeat(10_000)}`, 10)).toHaveLength(41);
  });
});

describe("an announcement", () => {
  it("is kept, and is plain, whoever wrote the file", async () => {
    const where = { announcementFile: join(lab, "announcement.json") };
    expect(await latestAnnouncement(where)).toBeUndefined();
    await keepAnnouncement(where, { text: "five\u001b[1m minutes", at: at(0).toISOString() });
    expect(await latestAnnouncement(where)).toEqual({ text: "five minutes", at: at(0).toISOString() });
  });
});
