import { z } from "zod";
import { $ } from "zx";
import { defineResource } from "../resource.ts";
import { until } from "../until.ts";
import { labHostRef, openHost } from "./reach.ts";

/** The end of `pulumi up`: it is done when the client is served, not when the last file was written. */
export const serving = defineResource({
  type: "Serving",
  summary: "The virtual service answers the client.",
  where: z.object({
    host: labHostRef,
    generation: z.string(),
    /** `http://VIP:PORT/` */
    url: z.url(),
    /** How long it may take, in seconds. */
    deadline: z.number(),
  }),
  want: z.object({ answers: z.literal(true).default(true) }),

  async observe({ host, url }) {
    const { exitCode } = await $({
      nothrow: true,
      quiet: true,
    })`${openHost(host).asClient(["curl", "--silent", "--fail", "--max-time", "5", "--output", "/dev/null", url])}`;
    return { answers: (exitCode === 0) as true };
  },

  async apply({ host, url, deadline }, _observed, progress) {
    progress(`waiting for ${url} to answer the client`);
    await until(
      async () => {
        await $({
          quiet: true,
        })`${openHost(host).asClient(["curl", "--silent", "--show-error", "--fail", "--max-time", "2", "--output", "/dev/null", url])}`;
      },
      {
        seconds: deadline,
        everyMs: 200,
        failed: (last) =>
          new Error(
            `${url} did not answer the client within ${deadline} s: ${(last as { stderr?: string }).stderr?.trim()}. ` +
              "`npx lvs-lab check` says which part is not as it should be.",
          ),
      },
    );
  },

  async remove() {},
});
