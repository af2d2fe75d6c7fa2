import { createConnection } from "node:net";
import { join } from "node:path";
import { until } from "../../until.ts";
import { type LabHost, SEGMENT } from "../access.ts";
import { runOnHost } from "../command.ts";

/**
 * The relay of a lab host: a Unix socket that leads to any TCP port in the lab. Who connects writes a line `ADDRESS PORT` first. ssh forwards it, so that a
 * connection to a server takes none of the few sessions that an sshd gives a connection (sshd_config(5), MaxSessions).
 */
export const relaySocket = (place: string): string => join(place, "run/relay.sock");

/** bash reads a pipe or socket byte by byte: what follows the line is socat's. */
const CONNECT = 'read -r address port && exec socat - "TCP:$address:$port,connect-timeout=5"';

const START = `rm -f "$1"
setsid socat "UNIX-LISTEN:$1,fork,mode=0600,max-children=512" EXEC:"bash $2" >/dev/null 2>&1 </dev/null &`;

const START_SECONDS = 5;

/** Starts the relay of a running lab host, unless it answers, and waits until it does. It ends with the lab host. */
export async function startRelay(host: LabHost): Promise<void> {
  const socket = relaySocket(host.files.place);
  if (await accepts(socket)) return;
  const script = join(host.files.place, "relay.sh");
  await host.files.write(script, `${CONNECT}\n`);
  await runOnHost(host, SEGMENT, ["bash", "-c", START, "bash", socket, script]);
  await until(
    async () => {
      if (!(await accepts(socket))) throw new Error("nobody listens");
    },
    {
      ...{ seconds: START_SECONDS, everyMs: 20 },
      failed: () => new Error(`the lab host's relay, ${socket}, did not come up within ${START_SECONDS} s`),
    },
  );
}

const accepts = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
