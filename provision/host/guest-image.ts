import { z } from "zod";
import { defaultOs, guestOses } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { type Acceleration, isKvmOpenable, type ProbeOptions, probeAcceleration } from "./image/acceleration.ts";
import { buildGuestImage, cachedGuestImage, type GuestImage } from "./image/build.ts";
import { labHostRef } from "./reach.ts";
import { guestImageOn, sendGuestImage } from "./remote/remote-image.ts";
import { machineAcceleration, machineLibvirt } from "./system/machine-libvirt.ts";

/** The base image of the disks of servers with one operating system, and its kernel. Built once per recipe and kept in the user's cache. */
export const guestImage = defineResource({
  type: "GuestImage",
  summary: "The base image of the servers' disks, its kernel, and the pool of the lab's packages.",
  where: z.object({
    /** The lab host on another machine, which gets it, or on this machine's libvirt, which is asked how it runs guests; not there: a private one. */
    host: labHostRef.optional(),
  }),
  want: z.object({
    os: z.enum(guestOses).default(defaultOs),
    /** `plain`: the lab's packages are installed over SSH; `baked`: they are in the image, disabled. */
    packages: z.enum(["plain", "baked"]),
    /** Content hash of the recipe: a changed recipe is a new image. */
    key: z.string(),
  }),
  facts: ["disk", "kernel", "initrd", "pool", "acceleration"],
  watch: true, // the user may empty the cache at any time

  upgrade: (recorded) => ({ os: defaultOs, ...recorded }),

  async observe({ host, os, packages, acceleration }) {
    if (host?.kind === "remote") {
      const built = acceleration && (await guestImageOn(host, { os, packages }));
      return built && { os, packages, ...described(built), acceleration };
    }
    const built = await cachedGuestImage({ os, packages });
    // Without recorded facts the acceleration is not known yet: `apply` determines it.
    return built && acceleration && { os, packages, ...described(built), acceleration };
  },

  async apply({ host, os, packages }, _observed, progress) {
    const built = await buildGuestImage({ os, packages }, { onProgress: progress });
    if (host?.kind === "remote") {
      const { image, acceleration } = await sendGuestImage(host, built, { onProgress: progress });
      return { os, packages, ...described(image), acceleration };
    }
    return {
      os,
      packages,
      ...described(built),
      acceleration: await (host?.kind === "system" ? onMachine : probeAcceleration)(built, { onProgress: progress }),
    };
  },

  // All labs of the user share the cache.
  async remove() {},
});

/** The machine's libvirt may have KVM where this user has not; where both have it, a boot shows whether it works. */
async function onMachine(image: GuestImage, options: ProbeOptions): Promise<Acceleration> {
  const offered = await machineAcceleration(await machineLibvirt(options));
  return offered === "kvm" && isKvmOpenable() ? await probeAcceleration(image, options) : offered;
}

const described = ({ directory: _directory, ...image }: GuestImage) => image;
