import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type LabHostRef, labHostRef } from "./host/reach.ts";

/** What Pulumi had one resource do in an `up`, and how long that took. */
export interface Turn {
  /** Wall clock. */
  readonly begun: Date;
  readonly ms: number;
  readonly verb: "create" | "update" | "delete";
  /** As in Pulumi's type token: `Keepalived`. */
  readonly type: string;
  readonly name: string;
  readonly failed: boolean;
}

/** Beside the servers' own transcripts: a line a turn. */
const fileOf = ({ directory }: LabHostRef): string => join(directory, "transcripts", "resources.log");

/** A resource is of a lab by its host or by its server's; some are of none. */
const ofLab = z.union([
  z.object({ host: labHostRef }).transform(({ host }) => host),
  z.object({ server: z.object({ host: labHostRef }) }).transform(({ server }) => server.host),
]);

/** Notes a turn in the lab that `inputs` belong to. A lab that is not there, or is gone with this turn, is not made for it. */
export async function noteTurn(inputs: unknown, turn: Turn): Promise<void> {
  const host = ofLab.safeParse(inputs).data;
  if (!host) return;
  const { begun, ms, verb, type, name, failed } = turn;
  const line = `${begun.toISOString()} ${verb} ${type} ${name} ${Math.round(ms)} ms${failed ? " failed" : ""}\n`;
  await appendFile(fileOf(host), line).catch(() => {}); // what was done is done, also if that cannot be noted
}

const LINE =
  /^(?<begun>\S+) (?<verb>create|update|delete) (?<type>\S+) (?<name>\S+) (?<ms>\d+) ms(?<failed> failed)?$/gm;

/** The turns that a lab has had since a moment, in the order in which they ended. A lab that is not there has had none. */
export async function turnsSince(host: LabHostRef, since: Date): Promise<Turn[]> {
  const text = await readFile(fileOf(host), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  return [...text.matchAll(LINE)]
    .map(({ groups = {} }) => ({
      begun: new Date(groups.begun as string),
      ms: Number(groups.ms),
      verb: groups.verb as Turn["verb"],
      type: groups.type as string,
      name: groups.name as string,
      failed: groups.failed !== undefined,
    }))
    .filter(({ begun }) => begun >= since);
}
