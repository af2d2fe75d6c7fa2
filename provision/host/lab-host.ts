import { z } from "zod";
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
    const observed = await host.observe();
    return observed && { running: true as const, uri: host.uri, ...observed };
  },

  async apply({ host: ref, packages }, _observed, progress) {
    await openHost(ref).start({ packages, onProgress: progress });
  },

  async remove({ host: ref }) {
    await openHost(ref).destroy();
  },
});
