import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type LabHostRef, labHostRef } from "./host/reach.ts";

/** One Pulumi operation on one resource, with its duration. */
export interface Operation {
  /** Wall clock. */
  readonly begun: Date;
  readonly ms: number;
  readonly verb: "create" | "update" | "delete";
  /** Last part of Pulumi's type token: `Keepalived`. */
  readonly type: string;
  readonly name: string;
  readonly failed: boolean;
}

/** The log, one operation per line, next to the servers' transcripts. */
const fileOf = ({ directory }: LabHostRef): string => join(directory, "transcripts", "resources.log");

/** The lab host of a resource, from its own input or its server's. Some resources belong to no lab. */
const ofLab = z.union([
  z.object({ host: labHostRef }).transform(({ host }) => host),
  z.object({ server: z.object({ host: labHostRef }) }).transform(({ server }) => server.host),
]);

/** Logs an operation in the lab that `inputs` belong to. Skipped if the lab's directory is missing: this operation may have removed it. */
export async function logOperation(inputs: unknown, operation: Operation): Promise<void> {
  const host = ofLab.safeParse(inputs).data;
  if (!host) return;
  const { begun, ms, verb, type, name, failed } = operation;
  const line = `${begun.toISOString()} ${verb} ${type} ${name} ${Math.round(ms)} ms${failed ? " failed" : ""}\n`;
  await appendFile(fileOf(host), line).catch(() => {}); // a full disk must not fail the operation
}

const LINE =
  /^(?<begun>\S+) (?<verb>create|update|delete) (?<type>\S+) (?<name>\S+) (?<ms>\d+) ms(?<failed> failed)?$/gm;

/** Operations in a lab since a given time, in the order in which they ended; none if the lab does not exist. */
export async function operationsSince(host: LabHostRef, since: Date): Promise<Operation[]> {
  const text = await readFile(fileOf(host), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  return [...text.matchAll(LINE)]
    .map(({ groups = {} }) => ({
      begun: new Date(groups.begun as string),
      ms: Number(groups.ms),
      verb: groups.verb as Operation["verb"],
      type: groups.type as string,
      name: groups.name as string,
      failed: groups.failed !== undefined,
    }))
    .filter(({ begun }) => begun >= since);
}
