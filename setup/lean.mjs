// @ts-check
/**
 * `node --import ./setup/lean.mjs …` for processes that load Pulumi's SDK. At every import the SDK loads what it needs to serialize functions (a
 * TypeScript compiler, npm's resolver and its reader of package.json, V8's inspector), its Automation API, and for programs what sends traces and reads source
 * maps: most of its start-up time. The project uses none of it, so they are loaded only on first use, which never happens.
 */
import Module from "node:module";

const onDemand =
  /^(typescript|@npmcli\/arborist|normalize-package-data|js-yaml|\.\/automation|source-map-support\/register|@opentelemetry\/(?!api$).+)$/;

/** The SDK's connection to V8's inspector, which finds the sources of functions to serialize. Its runner opens it before each program, its serializer on first use. */
const INSPECTOR = "../../runtime/closure/v8Hooks";
const ready = { isInitializedAsync: async () => {} };

/** @type {{ _load(request: string, parent: { filename?: string } | undefined, isMain: boolean): any }} */
const loader = /** @type {any} */ (Module);
const load = loader._load;

loader._load = (request, parent, isMain) => {
  if (!parent?.filename?.includes("/@pulumi/pulumi/")) return load(request, parent, isMain);
  if (request === INSPECTOR && parent.filename.endsWith("/cmd/run/index.js")) return ready;
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
