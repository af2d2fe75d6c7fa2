import { z } from "zod";
import { cacheRoot } from "../paths.ts";
import { defineResource } from "../resource.ts";
import { labHostRef, openHost } from "./reach.ts";

/** Where the lab's VMs run. Started by `pulumi up`, ended with everything in it by `pulumi destroy`. */
export const labHost = defineResource({
  type: "LabHost",
  summary: "The place where the lab's VMs run: a libvirtd and a package server in namespaces of their own.",
  where: z.object({ host: labHostRef }),
  want: z.object({
    running: z.literal(true).default(true),
    /** The flat repository of the lab's packages, a directory on this machine. */
    packages: z.string(),
  }),
  facts: ["uri", "generation"],
  replaceOn: ["host"],
  watch: true, // it dies with the machine, and nothing would tell Pulumi

  async observe({ host: ref }) {
    const host = openHost(ref);
    if (!(await host.answers())) return undefined;
    return { running: true as const, packages: host.packages, uri: host.uri, generation: host.generation };
  },

  async apply({ host: ref, packages }, _observed, progress) {
    const host = openHost(ref);
    progress("starting libvirtd and the package server");
    await host.start(cacheRoot());
    if (host.packages !== packages) await host.servePackages(packages);
  },

  async remove({ host: ref }) {
    await openHost(ref).destroy();
  },
});
