import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";
import { type Spent, stopwatch } from "../harness/machine.ts";
import { alternating, Ledger } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";
import { run } from "../harness/run.ts";

const WHOLE = "set-up with nothing cached";

const contenders: Readonly<Record<string, readonly string[]>> = {
  "lvs-lab: npm run setup": ["npm", "run", "--silent", "setup"],
  "one step after another, each Go module on its own": [process.execPath, "bench/setup/one-after-another.mjs"],
};

/** The set-up of a machine that has only its Debian packages: as it is, and as a list of commands. */
export const setup: Part = {
  name: "setup",
  title: "the set-up with nothing cached, and the same one step after another",
  runs: 1,
  async measure({ runs, say }) {
    const ledger = new Ledger();
    for (let round = 0; round < runs; round++)
      for (const [who, command] of alternating(Object.entries(contenders), round)) {
        say(`${who}, run ${round + 1} of ${runs}`);
        const { whole, steps } = await inFreshClone(command);
        ledger.add(WHOLE, who, whole.wall);
        ledger.add(WHOLE, who, whole.cpu, "CPU s");
        for (const [step, wall] of steps) ledger.add(step, who, wall);
      }
    return {
      rows: ledger.rows(),
      notes: [
        "A fresh clone of what is committed, with caches of its own, npm's and Go's too, that are empty. Debian packages are installed already: no run takes them away.",
      ],
    };
  },
};

/** Runs a set-up command in a temporary clone, which is removed with everything made for it. */
async function inFreshClone(command: readonly string[]): Promise<{ whole: Spent; steps: Map<string, number> }> {
  const place = await mkdtemp(join(tmpdir(), "lvs-bench-setup-"));
  const checkout = join(place, "checkout");
  try {
    await run(["git", "clone", "--quiet", projectRoot, checkout]);
    const watch = new StepWatch();
    await run(command, {
      cwd: checkout,
      env: { LVS_LAB_CACHE: join(place, "cache"), npm_config_cache: join(place, "npm") },
      onLine: watch.line,
    });
    return watch.spent();
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Follows a set-up by its progress output. */
export class StepWatch {
  readonly #watch: () => Spent;
  readonly #begun = new Map<string, number>();
  readonly #steps = new Map<string, number>();

  constructor(watch = stopwatch()) {
    this.#watch = watch;
  }

  readonly line = (line: string): void => {
    const [, begun] = /^→ (.+?): /.exec(line) ?? [];
    const [, ended] = /^✓ (.+) in /.exec(line) ?? [];
    const { wall } = this.#watch();
    if (begun) this.#begun.set(begun, wall);
    if (ended) this.#steps.set(ended, wall - (this.#begun.get(ended) ?? wall));
  };

  /** Total cost so far, and wall seconds of each finished step. Steps may overlap. */
  spent = (): { whole: Spent; steps: Map<string, number> } => ({ whole: this.#watch(), steps: this.#steps });
}
