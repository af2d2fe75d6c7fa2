import { z } from "zod";
import { writeWhole } from "../verify/report/whole-file.ts";
import type { ClassDirectory } from "./directory.ts";
import { readJson } from "./kept-files.ts";
import { plainLine } from "./plain-line.ts";

/** The longest text that a class is told at once, in characters. */
export const LONGEST_ANNOUNCEMENT = 500;

/** What a class was told by `lvs-lab class broadcast`. */
export interface Announcement {
  /** One plain line. */
  readonly text: string;
  /** When, ISO 8601. */
  readonly at: string;
}

const schema = z.object({ version: z.literal(1), text: z.string(), at: z.iso.datetime() });

/** Keeps the latest announcement, for `lvs-lab class view`. */
export async function keepAnnouncement(
  { announcementFile }: Pick<ClassDirectory, "announcementFile">,
  { text, at }: Announcement,
): Promise<void> {
  await writeWhole(announcementFile, `${JSON.stringify({ version: 1, text, at })}\n`);
}

/** The latest announcement; undefined if there is none, or the file is not whole. */
export async function latestAnnouncement({
  announcementFile,
}: Pick<ClassDirectory, "announcementFile">): Promise<Announcement | undefined> {
  const read = await readJson(announcementFile, schema);
  return read && { text: plainLine(read.text, LONGEST_ANNOUNCEMENT), at: read.at };
}
