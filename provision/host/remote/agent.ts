/**
 * A lab host's part on another machine: `node agent.mjs VERB ARGUMENT`, the argument in JSON. It is the private lab host, run over there. Prints one JSON
 * object a line: `{ "progress": TEXT }` as it goes, then `{ "result": VALUE }` or `{ "error": MESSAGE }`.
 */
import { createInterface } from "node:readline";
import { labHostFindings } from "../../../setup/steps/machine.mjs";
import { damageIn, exists, moveAside, type Store } from "../build.ts";
import { likelyAcceleration, probeAcceleration } from "../image/acceleration.ts";
import { freeMemory } from "../machine/memory.ts";
import { readOffset } from "../machine/wall-clock.ts";
import { sizesOfFiles, totalOfFiles } from "../manifest.ts";
import { PrivateHost } from "../private/private-host.ts";
import { OWNER, type Verbs } from "./agent-verbs.ts";
import { startRelay } from "./relay.ts";

const measures = { userland: totalOfFiles, images: sizesOfFiles };

const tell = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const onProgress = (progress: string): void => tell({ progress });

const verbs: Verbs = {
  findings: async () => labHostFindings(),

  /** Moves a damaged directory aside, so that it can be sent again. */
  whole: async ({ directory, kind, name }) => {
    const store: Store = { directory, what: kind, measure: measures[kind] };
    if (!(await exists(`${directory}/${name}`))) return { whole: false };
    const damage = await damageIn(store, name);
    if (damage !== undefined) await moveAside(store, name);
    return { whole: damage === undefined, ...(damage === undefined ? {} : { damage }) };
  },

  start: async ({ place, owner, packages }) => {
    const host = new PrivateHost(place);
    await host.start({ packages, onProgress });
    await host.files.write(`${place}/${OWNER}`, `${owner}\n`);
    await startRelay(host);
    return null;
  },

  observe: async ({ place }) => {
    const host = new PrivateHost(place);
    const observed = await host.observe();
    if (!observed) return null;
    await startRelay(host);
    return observed;
  },

  destroy: async ({ place }) => {
    await new PrivateHost(place).destroy();
    return null;
  },

  attach: async ({ place, name, ...options }) => {
    await new PrivateHost(place).attach(name, options);
    return null;
  },

  detach: async ({ place, name }) => {
    await new PrivateHost(place).detach(name);
    return null;
  },

  guests: async ({ place }) => await new PrivateHost(place).guests(),

  memory: async ({ place }) => ({
    running: await new PrivateHost(place).guests(),
    free: freeMemory(),
    acceleration: likelyAcceleration(),
  }),

  acceleration: async (image) => await probeAcceleration(image, { onProgress }),

  /** Tells this machine's CLOCK_MONOTONIC in nanoseconds for each line that it reads. */
  clock: async () => {
    const { nanoseconds, error } = readOffset();
    tell({ wall: { nanoseconds: String(nanoseconds), error: String(error) } });
    for await (const _line of createInterface({ input: process.stdin }))
      process.stdout.write(`${process.hrtime.bigint()}\n`);
    return null;
  },
};

const [, , verb = "", argument = "{}"] = process.argv;
try {
  const work = verbs[verb as keyof Verbs] as (given: unknown) => Promise<unknown>;
  tell({ result: await work(JSON.parse(argument)) });
} catch (error) {
  tell({ error: (error as Error).message });
}
process.exit(0); // it started what goes on without it
