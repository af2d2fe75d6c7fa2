import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../verify/report/whole-file.ts";
import { readJson } from "./kept-files.ts";
import { plainLine } from "./plain-line.ts";

/** The longest question, in characters. */
export const LONGEST_QUESTION = 200;

/** A student who asks for help. */
export interface Hand {
  /** What they ask, one plain line; empty: they did not say. */
  readonly text: string;
  /** Since when, ISO 8601. */
  readonly since: string;
}

const schema = z.object({ version: z.literal(1), text: z.string(), since: z.iso.datetime() });

const fileIn = (labDirectory: string): string => join(labDirectory, "hand.json");

/**
 * Raises the hand of a lab's student: a file in the lab's directory, which `lvs-lab class view` looks at. A hand that is up stays up since when it is,
 * with the new text, if there is one.
 */
export async function raiseHand(labDirectory: string, text: string, now = new Date()): Promise<Hand> {
  const before = await handOf(labDirectory);
  const said = plainLine(text, LONGEST_QUESTION);
  const hand = { text: said === "" ? (before?.text ?? "") : said, since: before?.since ?? now.toISOString() };
  await writeWhole(fileIn(labDirectory), `${JSON.stringify({ version: 1, ...hand })}\n`);
  return hand;
}

/** Lowers it. @returns whether it was up */
export async function lowerHand(labDirectory: string): Promise<boolean> {
  const wasUp = (await handOf(labDirectory)) !== undefined;
  await rm(fileIn(labDirectory), { force: true });
  return wasUp;
}

/** The hand of a lab's student; undefined if it is down, or the file is not whole. The text is one plain line, even if something else wrote the file. */
export async function handOf(labDirectory: string): Promise<Hand | undefined> {
  const hand = await readJson(fileIn(labDirectory), schema);
  return hand && { text: plainLine(hand.text, LONGEST_QUESTION), since: hand.since };
}
