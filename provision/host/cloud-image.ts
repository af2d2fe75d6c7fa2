import { z } from "zod";
import { defineResource } from "../resource.ts";
import { cachedCloudImage, downloadCloudImage } from "./image/cloud-image.ts";

/** A cloud image as the base of the servers' disks: downloaded once for each checksum and kept in the user's cache. */
export const cloudImage = defineResource({
  type: "CloudImage",
  summary: "A cloud image as the base image of the servers' disks, downloaded and compared with its checksum.",
  where: z.object({
    /** Where it is downloaded from, unless the cache has it. */
    url: z.url({ protocol: /^https?$/ }),
  }),
  want: z.object({
    /** `sha256:` or `sha512:`, then lower-case hexadecimal digits. */
    checksum: z.string().regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/),
  }),
  facts: ["disk", "virtualSize"],
  watch: true, // the user may empty the cache at any time

  async observe({ checksum }) {
    const cached = await cachedCloudImage(checksum);
    return cached && { checksum, ...cached };
  },

  async apply({ url, checksum }, _observed, progress) {
    return { checksum, ...(await downloadCloudImage({ url, checksum }, { onProgress: progress })) };
  },

  // All labs of the user share the cache.
  async remove() {},
});
