// @ts-check
/**
 * The process of a Pulumi program: `node runner.mjs SCRIPT`. It loads the SDK, whose own runner SCRIPT is (`cmd/run`), and then waits for the language host to
 * say what to run. So it can be started early: between asking for a program's packages and running it, the engine starts providers and, with `--refresh`, reads
 * every resource.
 */
import { createRequire } from "node:module";

/** What to run: the command line of the SDK's runner, and its environment beside the language host's. @typedef {{ args: string[], env: Record<string, string> }} Run */

/** Modules that the SDK's runner loads, in its order. Not `./run`: it loads the runner itself. */
const MODULES = ["./instrumentation", "source-map-support/register", "../..", "./tracing"];

const [node = "", , script = ""] = process.argv;
const require = createRequire(script);

const end = () => process.exit();
process.once("disconnect", end);
process.once("message", (/** @type {Run} */ { args, env }) => {
  process.off("disconnect", end);
  setImmediate(() => process.disconnect()); // the program needs no channel; Node 20 does not allow it before this event has been handled
  Object.assign(process.env, env);
  // The SDK took its settings from the environment when it was loaded; without this object it takes them again.
  delete (/** @type {{ globalStore?: unknown }} */ (globalThis).globalStore);
  process.argv = [node, script, ...args];
  require(script);
});

for (const module of MODULES) {
  try {
    require(module);
  } catch {
    // Another version of the SDK may have it elsewhere: its runner will find it.
  }
}
