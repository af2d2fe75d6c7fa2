// @ts-check
/**
 * `node --import ./setup/lean.mjs …` for processes that load Pulumi's SDK. At every import the SDK loads what it needs to serialize functions (a
 * TypeScript compiler, npm's resolver and its reader of package.json, V8's debugger), its Automation API, and for programs what sends traces and reads source
 * maps: most of its start-up time. The project uses none of it, so they are loaded only on first use, which never happens.
 */
import Module from "node:module";

const onDemand =
  /^(typescript|@npmcli\/arborist|normalize-package-data|js-yaml|\.\/automation|source-map-support\/register|@opentelemetry\/(?!api$).+)$/;

/** V8's debugger, which tells where a function's source is: the SDK's runner waits for it before each program. Whoever serializes a function waits himself. */
const DEBUGGER = "../../runtime/closure/v8Hooks";
const ready = { isInitializedAsync: async () => {} };

/** @type {{ _load(request: string, parent: { filename?: string } | undefined, isMain: boolean): any }} */
const loader = /** @type {any} */ (Module);
const load = loader._load;

loader._load = (request, parent, isMain) => {
  if (!parent?.filename?.includes("/@pulumi/pulumi/")) return load(request, parent, isMain);
  if (request === DEBUGGER && parent.filename.endsWith("/cmd/run/index.js")) return ready;
  return onDemand.test(request) ? lazily(() => load(request, parent, isMain)) : load(request, parent, isMain);
};

/** An object that becomes the module on first use. @param {() => any} load */
function lazily(load) {
  /** @type {any} */
  let module;
  const loaded = () => {
    module ??= load();
    return module;
  };
  return new Proxy(
    {},
    {
      get: (_target, key) => {
        if (key === "__esModule" && !module) return true; // compiled imports check this flag
        return key === "default" ? (loaded().default ?? loaded()) : loaded()[key];
      },
      has: (_target, key) => key in loaded(),
    },
  );
}
