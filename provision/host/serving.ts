import { z } from "zod";
import { defineResource } from "../resource.ts";
import { until } from "../until.ts";
import { HostCommandError, runOnHost, tryOnHost } from "./command.ts";
import { CLIENT, labHostRef, openHost } from "./reach.ts";

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
    const { status } = await tryOnHost(openHost(host), CLIENT, ask(url, 5));
    return { answers: (status === 0) as true };
  },

  async apply({ host, url, deadline }, _observed, progress) {
    progress(`waiting for ${url} to answer the client`);
    await until(() => runOnHost(openHost(host), CLIENT, ask(url, 2)), {
      seconds: deadline,
      everyMs: 200,
      failed: (last) =>
        new Error(
          `${url} did not answer the client within ${deadline} s: ${last instanceof HostCommandError ? last.ended.stderr.trim() : (last as Error).message}. ` +
            "`npx lvs-lab check` says which part is not as it should be.",
        ),
    });
  },

  async remove() {},
});

/** curl(1), which says on stderr why it was not served. */
const ask = (url: string, seconds: number): string[] => [
  ...["curl", "--silent", "--show-error", "--fail", "--max-time", String(seconds)],
  ...["--output", "/dev/null", url],
];
