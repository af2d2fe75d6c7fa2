import { z } from "zod";
import { defineResource } from "../resource.ts";
import { until } from "../until.ts";
import { HostCommandError, runOnHost, tryOnHost } from "./command.ts";
import { CLIENT, labHostRef, openHost } from "./reach.ts";

/** Last step of `pulumi up`: done when the client gets answers, not when the last file is written. */
export const serving = defineResource({
  type: "Serving",
  summary: "The virtual service answers the client.",
  where: z.object({
    host: labHostRef,
    generation: z.string(),
    /** `http://VIP:PORT/`, `https:`, of which no certificate is verified, or `udp://VIP:PORT` */
    url: z.url(),
    /** Names of its real servers. There is one request for each. */
    realServers: z.array(z.string()).min(1),
    /** Deadline in seconds. */
    deadline: z.number(),
  }),
  want: z.object({ answers: z.literal(true).default(true) }),

  async observe({ host: ref, url, realServers }) {
    const host = openHost(ref);
    // Asking a powered-off server would cost a second that `up --refresh` can use to start it.
    const running = await host.guests();
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
            "`npx lvs-lab check` shows which part is wrong.",
        ),
    });
  },

  async remove() {},
});

/**
 * Sends several requests in a row, each on a new connection, and fails at the first failure: without health checks, one answer says nothing
 * about the other real servers. The reason is on stderr.
 */
function ask(url: string, options: { seconds: number; times: number }): string[] {
  const { protocol, hostname, port } = new URL(url);
  return protocol === "udp:"
    ? askByUdp(hostname.replace(/^\[|\]$/g, ""), Number(port), options)
    : askByHttp(url, options);
}

/** Each datagram from another port. */
const askByUdp = (host: string, port: number, { seconds, times }: { seconds: number; times: number }): string[] => [
  ...["bash", "-c", udpQuestions, "ask", host, String(port), String(seconds), String(times)],
];

const udpQuestions = `for try in $(seq "$4"); do
  exec 3<>"/dev/udp/$1/$2"; echo >&3
  timeout "$3" dd bs=65535 count=1 status=none <&3 >/dev/null || { echo "no answer from $1:$2/udp within $3 s" >&2; exit 1; }
done`;

const askByHttp = (url: string, { seconds, times }: { seconds: number; times: number }): string[] => [
  ...["curl", "--silent", "--show-error", "--fail", "--fail-early", "--insecure", "--max-time", String(seconds)],
  ...["--header", "Connection: close", "--output", "/dev/null"],
  // Each URL needs its own --output.
  ...Array.from({ length: times }, (_, index) => (index === 0 ? [url] : ["--output", "/dev/null", url])).flat(),
];
