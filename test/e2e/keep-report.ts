import { existsSync, readdirSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterEach } from "vitest";
import { projectRoot } from "../../provision/paths.ts";

/** What is kept of a lab's directory: logs of its services and consoles, and every command that was run on a server. */
const KEPT = ["log", "transcripts"];

/** When a test fails, what its labs have to tell is kept, for the labs go with the run: in reports/failed/TEST. */
afterEach(async ({ task }) => {
  const state = process.env.LVS_LAB_STATE ?? "";
  if (task.result?.state !== "fail" || !existsSync(state)) return;
  const kept = join(projectRoot, "reports/failed", task.name.replace(/\W+/g, "-").slice(0, 80));
  const labs = join(state, "labs");
  for (const stack of existsSync(labs) ? readdirSync(labs) : [])
    for (const name of KEPT) await copy(join(labs, stack, name), join(kept, stack, name));
  for (const name of readdirSync(state).filter((one) => one.endsWith("-reports")))
    await copy(join(state, name), join(kept, name));
  // vitest does not tell why a first try failed when the second one passes.
  for (const { message } of task.result.errors ?? []) console.error(message);
  console.error(`Logs, transcripts and reports of the labs are in ${kept}`);
});

const copy = async (from: string, to: string): Promise<void> => {
  if (existsSync(from)) await cp(from, to, { recursive: true, force: true });
};
