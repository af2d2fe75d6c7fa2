import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stateRoot } from "../../provision/paths.ts";
import { withLock } from "../../setup/lock.mjs";
import { LabError } from "../../verify/live/lab-error.ts";
import { writeWhole } from "../../verify/report/whole-file.ts";
import { noProgress, type Progress, progressSchema } from "./progress.ts";

/** Seconds for which another process may hold the file: it reads it and writes it. */
const LOCK_SECONDS = 10;

/**
 * The file that has how far a stack's lab is. It is in the state directory, not in the lab's: what was seen, and what hints cost, outlives a lab
 * that is made anew. Only its owner can read it.
 */
export class ProgressFile {
  readonly path: string;
  readonly #lab: string;
  readonly #say: (line: string) => void;

  /**
   * @param lab the lab's name: progress in another lab of the same stack is set aside
   * @param say is told what was set aside, and where
   */
  constructor(stack: string, lab: string, say: (line: string) => void = () => {}) {
    this.path = join(stateRoot(), "guide", `${stack}.json`);
    this.#lab = lab;
    this.#say = say;
  }

  /** What is recorded. @throws LabError if it was written by a later version of lvs-lab */
  async read(): Promise<Progress> {
    const read = await progressIn(this.path);
    return read.kind === "progress" && read.progress.lab === this.#lab ? read.progress : noProgress(this.#lab);
  }

  /**
   * Changes what is recorded, in one piece: of two guides neither loses what the other has written.
   * @returns what is recorded then
   */
  async change(changed: (progress: Progress) => Progress): Promise<Progress> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    return await withLock(
      `${this.path}.lock`,
      async () => {
        const before = await this.#own();
        const after = changed(before);
        if (after !== before) await writeWhole(this.path, `${JSON.stringify(after, null, 2)}\n`, { mode: 0o600 });
        return after;
      },
      { seconds: LOCK_SECONDS },
    );
  }

  /** The lab's own progress; what is none of it is set aside. */
  async #own(): Promise<Progress> {
    const read = await progressIn(this.path);
    if (read.kind === "none") return noProgress(this.#lab);
    if (read.kind === "progress" && read.progress.lab === this.#lab) return read.progress;
    const aside = `${this.path.slice(0, -".json".length)}.${new Date().toISOString().replaceAll(":", "-")}.json`;
    await rename(this.path, aside);
    const [what, fix] =
      read.kind === "damaged"
        ? [
            `the progress in ${this.path} cannot be read (${read.why})`,
            "repair it, and move it back while no guide runs",
          ]
        : [
            `the progress in ${this.path} is that of another lab, ${read.progress.lab}`,
            "nothing to do, unless you want it back: move it",
          ];
    this.#say(`${what}. It is now ${aside}, and the guide begins anew. Fix: ${fix}`);
    return noProgress(this.#lab);
  }
}

type Read =
  | { readonly kind: "none" }
  | { readonly kind: "damaged"; readonly why: string }
  | { readonly kind: "progress"; readonly progress: Progress };

async function progressIn(path: string): Promise<Read> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "none" };
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "damaged", why: (error as Error).message };
  }
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === "number" && version > 1)
    throw new LabError(
      `the progress in ${path} was written by a later version of lvs-lab. Fix: use that version, or move the file away to begin anew`,
    );
  const { data, error } = progressSchema.safeParse(value);
  if (data) return { kind: "progress", progress: data };
  const [issue] = error?.issues ?? [];
  return { kind: "damaged", why: `${issue?.path.join(".") || "the whole"}: ${issue?.message}` };
}

/** What is recorded of a stack, whatever its lab; undefined: nothing that can be read. */
export async function progressOf(stack: string): Promise<Progress | undefined> {
  const read = await progressIn(join(stateRoot(), "guide", `${stack}.json`)).catch(() => undefined);
  return read?.kind === "progress" ? read.progress : undefined;
}
