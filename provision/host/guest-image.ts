import { z } from "zod";
import { defineResource } from "../resource.ts";
import { probeAcceleration } from "./image/acceleration.ts";
import { buildGuestImage, cachedGuestImage, type GuestImage } from "./image/build.ts";

/** What the servers' disks start from, with the kernel that boots them. Built once a recipe, kept in the user's cache. */
export const guestImage = defineResource({
  type: "GuestImage",
  summary: "The image that the servers' disks start from, its kernel, and the pool of the lab's packages.",
  where: z.object({}),
  want: z.object({
    /** `plain`: the lab's packages come over SSH; `baked`: they are in the image, disabled. */
    packages: z.enum(["plain", "baked"]),
    /** The recipe's content as a hash: another recipe is another image. */
    key: z.string(),
  }),
  facts: ["disk", "kernel", "initrd", "pool", "acceleration"],
  watch: true, // the user's cache may be emptied at any time

  async observe({ packages, acceleration }) {
    const built = await cachedGuestImage({ packages });
    // Without the facts of an earlier time it is not yet known what accelerates it: apply finds out.
    return built && acceleration && { packages, ...described(built), acceleration };
  },

  async apply({ packages }, _observed, progress) {
    const built = await buildGuestImage({ packages }, { onProgress: progress });
    return {
      packages,
      ...described(built),
      acceleration: await probeAcceleration(built, { onProgress: progress }),
    };
  },

  // The cache belongs to every lab of the user's.
  async remove() {},
});

const described = ({ directory: _directory, ...image }: GuestImage) => image;
