import { servicesOf } from "../../lab/index.ts";
import { type Listener, listenersOn, parseListeners } from "../live/listeners.ts";
import type { FaultSite } from "./fault.ts";
import { must } from "./unit.ts";

/** The TCP ports of a real server's services. */
export const portsOf = ({ view, server }: FaultSite): number[] => [
  ...new Set(
    servicesOf(view.lab, server).map(({ realServers }) => realServers.find((one) => one.server === server)?.port ?? 0),
  ),
];

/** The processes that listen on the ports of a real server's services, whatever web server they are of. */
export async function webServer(site: FaultSite): Promise<Listener[]> {
  const { output } = await site.view.on(site.server)`bash -c ${listenersOn(portsOf(site))}`;
  return parseListeners(output);
}

/**
 * Runs a script on a fault's server, with functions about its web server:
 * - `listening` prints the PIDs of the processes that listen on the services' ports;
 * - `units` prints the systemd units of these processes: those whose main process is one of them, and which systemd can start again. A process
 *   that was started by hand is in the unit of whatever started it, such as ssh.service, and a transient unit ends with its process.
 * @throws LabError unless its status is 0
 */
export async function onWebServer(site: FaultSite, script: string): Promise<string> {
  const functions = `set -e
listening() { ${listenersOn(portsOf(site))} | grep -o 'pid=[0-9]*' | cut -d = -f 2 | sort -u; }
units() {
  for pid in $(listening); do
    unit=$(ps -o unit= -p "$pid" | tr -d ' ')
    if [ "$(systemctl show --property MainPID --value "$unit")" = "$pid" ] && [ "$(systemctl show --property Transient --value "$unit")" = no ]; then
      echo "$unit"
    fi
  done
}`;
  return await must(site.view.on(site.server)`bash -c ${`${functions}\n${script}`}`);
}
