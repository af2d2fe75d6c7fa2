import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { type Class, openClass } from "../../../../class/class.ts";
import { type ClassTools, machineMemory } from "../../../../cli/class/each.ts";
import { lvsLabBy } from "../../../../cli/class/lvs-lab.ts";

/**
 * A program with the manners of `lvs-lab`: what it takes, prints, leaves and ends with, for labs that are directories alone. How it goes is in
 * `plan.json` of the state directory, by stack or by `VERB STACK`; each run adds lines to `runs`.
 */
const program = `#!/usr/bin/env node
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
const state = process.env.LVS_LAB_STATE;
const words = process.argv.slice(2);
const verb = words[0];
const stack = words[words.indexOf("--stack") + 1];
const note = (what) => appendFileSync(state + "/runs", what + "\\n");
const plan = JSON.parse(readFileSync(state + "/plan.json", "utf8"));
const { status = 0, error, stdout = "", ms = 0 } = plan[verb + " " + stack] ?? plan[stack] ?? {};
process.on("SIGTERM", () => {
  note("SIGTERM " + stack);
  console.error("lvs-lab: interrupted by SIGTERM");
  process.exit(8);
});
note(words.join(" "));
if (process.env.LVS_LAB_STACK !== undefined) note("LVS_LAB_STACK is set");
const lab = state + "/labs/" + stack;
console.error(verb + " begins");
if (verb === "up") {
  mkdirSync(lab + "/snapshots", { recursive: true });
  if (words.includes("--snapshot")) writeFileSync(lab + "/snapshots/served.json", "{}");
}
if (verb === "snapshot") writeFileSync(lab + "/snapshots/" + words.at(-1) + ".json", "{}");
setTimeout(() => {
  if (verb === "down" && status === 0) rmSync(lab, { recursive: true, force: true });
  if (stdout !== "") console.log(stdout);
  if (error) console.error(error);
  note(verb + " ended " + stack);
  process.exit(status);
}, ms);
`;

/** How a run goes. */
export interface Course {
  readonly status?: number;
  /** Printed to standard error at the end. */
  readonly error?: string;
  readonly stdout?: string;
  readonly ms?: number;
}

/** A class of its own with a state directory, and a program in the place of `lvs-lab`. It goes when the test ends. */
export class Classroom {
  readonly state: string;
  readonly tools: ClassTools;
  readonly said: string[] = [];
  readonly #folder: string;
  /** How much of what was run has been told. */
  #told = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.state = join(folder, "state");
    this.tools = {
      run: lvsLabBy(this.program),
      // As the real one, which needs pulumi and is tried with it.
      configure: async ({ directory }, { id, stack }, { machine }) => {
        await appendFile(join(this.state, "runs"), `configure ${stack} ${machine}\n`);
        await directory.record(stack, id);
      },
      out: { write: (text) => void this.said.push(text.trimEnd()) },
      free: machineMemory,
    };
  }

  get program(): string {
    return join(this.#folder, "lvs-lab.mjs");
  }

  static async make(plan: Readonly<Record<string, Course>> = {}): Promise<Classroom> {
    const room = new Classroom(await mkdtemp(join(tmpdir(), "lvs-lab-room-")));
    vi.stubEnv("LVS_LAB_STATE", room.state);
    vi.stubEnv("LVS_LAB_STACK", "somebody-elses");
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(room.#folder, { recursive: true });
    });
    await mkdir(join(room.state, "labs"), { recursive: true });
    await writeFile(room.program, program);
    await chmod(room.program, 0o755);
    await room.plan(plan);
    return room;
  }

  async plan(plan: Readonly<Record<string, Course>>): Promise<void> {
    await writeFile(join(this.state, "plan.json"), JSON.stringify(plan));
  }

  /** The class of these students. */
  async with(ids: readonly string[], more = ""): Promise<Class> {
    await writeFile(
      join(this.#folder, "roster.csv"),
      ["id,name", ...ids.map((id) => `${id},${id.toUpperCase()}`)].join("\n"),
    );
    const text = `name: net1\nexercise: bare\nroster: roster.csv\nlabsAtOnce: 2\n${more}`;
    await writeFile(join(this.#folder, "class.yaml"), text);
    return await openClass(join(this.#folder, "class.yaml"));
  }

  /** What was run since the last time, in order. The file stays: runs may add to it at any moment. */
  async runs(): Promise<string[]> {
    const text = await readFile(join(this.state, "runs"), "utf8").catch(() => "");
    const whole = text.slice(this.#told, text.lastIndexOf("\n") + 1);
    this.#told += whole.length;
    return whole.split("\n").filter(Boolean);
  }
}
