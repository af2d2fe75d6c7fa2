import { z } from "zod";
import { defaultOs, guestOses } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { labHostRef, openHost } from "./reach.ts";

/** Runs the lab's VMs. `pulumi up` starts it; `pulumi destroy` kills it with everything in it. */
export const labHost = defineResource({
  type: "LabHost",
  summary: "Runs the lab's VMs, or their networks alone: a libvirtd and a package server in namespaces of their own.",
  where: z.object({ host: labHostRef }),
  want: z.object({
    running: z.literal(true).default(true),
    /** Flat repositories of the lab's packages, by operating system: directories on this machine. */
    packages: z.partialRecord(z.enum(guestOses), z.string()),
    /** The servers' cards and their bridges, where the lab host joins them: on the machine's libvirt. */
    cables: z.array(z.object({ mac: z.string(), bridge: z.string() })).optional(),
  }),
  facts: ["uri", "generation"],
  replaceOn: ["host"],
  // Once there was one repository, of the one operating system.
  upgrade: ({ packages, ...rest }) => ({
    ...rest,
    packages: typeof packages === "string" ? { [defaultOs]: packages } : packages,
  }),
  watch: true, // a reboot of the machine ends it without Pulumi's knowledge

  async observe({ host: ref }) {
    const host = openHost(ref);
    const observed = await host.observe();
    if (!observed) return undefined;
    const { cables, ...rest } = observed;
    return { running: true as const, uri: host.uri, ...rest, ...(cables ? { cables: [...cables] } : {}) };
  },

  async apply({ host: ref, packages, cables }, _observed, progress) {
    await openHost(ref).start({ packages, cables, onProgress: progress });
  },

  async remove({ host: ref }) {
    await openHost(ref).destroy();
  },
});
