import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { $ } from "zx";
import { command, type Word } from "../../../../provision/ssh/index.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { type Evidence, View } from "../../../../verify/live/view.ts";

/** A directory for one test, whose `bin` has these programs: bash scripts that find it as $DIR. */
export async function aServer(programs: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-server-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, "bin"));
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(directory, "bin", name), `#!/bin/bash\n${text}\n`);
    await chmod(join(directory, "bin", name), 0o755);
  }
  return directory;
}

/** A view whose servers are all such a directory: commands run here with its programs, and what they name of `moved` is in it. */
export class ScriptedView extends View {
  readonly #directory: string;
  readonly #moved: readonly string[];

  constructor(live: LiveLab, directory: string, moved: readonly string[]) {
    super(live);
    this.#directory = directory;
    this.#moved = moved;
  }

  override on(server: string): (pieces: TemplateStringsArray, ...values: Word[]) => Promise<Evidence> {
    return async (pieces, ...values) => {
      const text = this.#moved.reduce(
        (all, path) => all.replaceAll(path, join(this.#directory, path)),
        command(pieces, ...values),
      );
      const env = {
        PATH: `${join(this.#directory, "bin")}:${process.env.PATH}`,
        DIR: this.#directory,
        HOME: this.#directory,
      };
      const { stdout, stderr, exitCode } = await $({ nothrow: true, quiet: true, env })`bash -c ${text}`;
      return { where: server, command: text, output: stdout + stderr, status: exitCode };
    };
  }
}
