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
    /** The names of its real servers: each has its turn. */
    realServers: z.array(z.string()).min(1),
    /** How long it may take, in seconds. */
    deadline: z.number(),
  }),
  want: z.object({ answers: z.literal(true).default(true) }),

  async observe({ host: ref, url, realServers }) {
    const host = openHost(ref);
    // One that is off would be asked for a second, in which `up --refresh` could start it.
    const running = host.guests();
    const allRun = realServers.every((name) => running.includes(name));
    const ended = allRun && (await tryOnHost(host, CLIENT, ask(url, { seconds: 1, times: realServers.length })));
    return { answers: (ended && ended.status === 0) as true };
  },

  async apply({ host, url, realServers, deadline }, _observed, progress) {
    progress(`waiting for ${url} to answer the client`);
    await until(() => runOnHost(openHost(host), CLIENT, ask(url, { seconds: 2, times: realServers.length })), {
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

/**
 * Asks so many times in a row, each on a new connection, and fails at the first that fails: where nobody takes dead real servers out, one
 * answer says nothing of the others. curl(1) says on stderr why it was not served.
 */
const ask = (url: string, { seconds, times }: { seconds: number; times: number }): string[] => [
  ...["curl", "--silent", "--show-error", "--fail", "--fail-early", "--max-time", String(seconds)],
  ...["--header", "Connection: close", "--output", "/dev/null"],
  // --output is for one URL each.
  ...Array.from({ length: times }, (_, index) => (index === 0 ? [url] : ["--output", "/dev/null", url])).flat(),
];
