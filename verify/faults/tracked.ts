import type { Tracked } from "../../lab/index.ts";

/** The fault by which each kind of tracked object fails, and its parameters for one of that name. A further kind is a further row. */
export const trackedFaults: Readonly<
  Record<
    Tracked["kind"],
    (name: string) => { readonly id: string; readonly parameters: Readonly<Record<string, string>> }
  >
> = {
  interface: (network) => ({ id: "link-down", parameters: { network } }),
  script: (script) => ({ id: "script-fail", parameters: { script } }),
  process: (process) => ({ id: "process-stop", parameters: { process } }),
  bfd: (session) => ({ id: "bfd-loss", parameters: { session } }),
};
