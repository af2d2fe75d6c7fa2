import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { stateRoot } from "../provision/paths.ts";

/** How far a student is in the guide of their exercise. */
export interface GuideProgress {
  /** Steps that have been reached. */
  readonly done: number;
}

const schema = z.object({
  format: z.literal("lvs-lab guide progress"),
  version: z.literal(1),
  lab: z.string(),
  steps: z.record(z.string(), z.object({ reachedAt: z.string().optional() })),
});

/** How far the guide is with a lab in a stack; undefined if it was not begun there. */
export async function guideProgress(stack: string, lab: string): Promise<GuideProgress | undefined> {
  try {
    const read = schema.parse(JSON.parse(await readFile(join(stateRoot(), "guide", `${stack}.json`), "utf8")));
    if (read.lab !== lab) return undefined;
    return { done: Object.values(read.steps).filter(({ reachedAt }) => reachedAt !== undefined).length };
  } catch {
    return undefined;
  }
}
