// @ts-check
/**
 * `node --import ./setup/lean.mjs …` for processes that load Pulumi's SDK. The SDK can serialize functions; for that it loads a TypeScript
 * compiler and npm's resolver at every import, three quarters of its start-up time. The project does not use this, so both are loaded only
 * on first use, which never happens.
 */
import Module from "node:module";

const onDemand = new Set(["typescript", "@npmcli/arborist"]);

/** @type {{ _load(request: string, parent: { filename?: string } | undefined, isMain: boolean): any }} */
const loader = /** @type {any} */ (Module);
const load = loader._load;

loader._load = (request, parent, isMain) =>
  onDemand.has(request) && parent?.filename?.includes("/@pulumi/pulumi/")
    ? lazily(() => load(request, parent, isMain))
    : load(request, parent, isMain);

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
