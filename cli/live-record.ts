import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { labDirectory } from "../provision/paths.ts";
import { writeWhole } from "../verify/report/whole-file.ts";
import { ownCheckpoint } from "./environment.ts";

const schema = z.object({ version: z.literal(1), of: z.string(), live: z.unknown() });

/**
 * A stack's output `live`, as Pulumi last told it, in the lab's directory: to decrypt it takes Pulumi half a second, more than the rest of a short command.
 * It holds for the checkpoint that it was read from, and no other. Only of stacks whose secrets who reads the state directory can read anyway.
 */
export class LiveRecord {
  readonly #file: string;
  /** Marks the checkpoint. */
  readonly #of: string;
  readonly #checkpoint: string;

  private constructor(file: string, checkpoint: string, of: string) {
    this.#file = file;
    this.#checkpoint = checkpoint;
    this.#of = of;
  }

  /** The record of a stack; undefined if Pulumi's state is not lvs-lab's own, or does not have the stack. */
  static async of(stack: string): Promise<LiveRecord | undefined> {
    const checkpoint = ownCheckpoint(stack);
    const of = checkpoint && (await markOf(checkpoint));
    return checkpoint && of ? new LiveRecord(join(labDirectory(stack), "live.json"), checkpoint, of) : undefined;
  }

  /** @returns undefined if nothing is recorded for the present checkpoint */
  async read(): Promise<unknown> {
    try {
      const { of, live } = schema.parse(JSON.parse(await readFile(this.#file, "utf8")));
      return of === this.#of ? live : undefined;
    } catch {
      return undefined;
    }
  }

  /** Records what Pulumi told, unless the checkpoint has changed meanwhile. */
  async write(live: unknown): Promise<void> {
    if ((await markOf(this.#checkpoint)) !== this.#of) return;
    // The lab's directory may be gone, or its disk full: then the next command asks Pulumi.
    await writeWhole(this.#file, JSON.stringify({ version: 1, of: this.#of, live }), { mode: 0o600 }).catch(() => {});
  }
}

/** A mark that changes with a file's content: Pulumi replaces its checkpoints. */
async function markOf(file: string): Promise<string | undefined> {
  const { ino, size, mtimeNs, ctimeNs } = (await stat(file, { bigint: true }).catch(() => undefined)) ?? {};
  return ino === undefined ? undefined : [ino, size, mtimeNs, ctimeNs].join(" ");
}
