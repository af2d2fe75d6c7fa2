// @ts-check
/**
 * `node --import ./setup/lean.mjs …` for processes that load Pulumi's SDK. The SDK can send functions to a cloud, for which it loads a TypeScript
 * compiler and npm's resolver whenever it is imported: three quarters of its start. Nothing here sends functions, so the two are
 * loaded when somebody asks for something of theirs, which nobody does.
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

/** An object that becomes the module when it is first used. @param {() => any} load */
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
        if (key === "__esModule" && !module) return true; // what a compiled `import` asks of all that it gets
        return key === "default" ? (loaded().default ?? loaded()) : loaded()[key];
      },
      has: (_target, key) => key in loaded(),
    },
  );
}
