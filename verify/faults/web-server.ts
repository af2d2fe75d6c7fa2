import { portsOf } from "../../lab/index.ts";
import { type Listener, listenersOn, type Ports, parseListeners } from "../live/listeners.ts";
import type { FaultSite } from "./fault.ts";
import { must } from "./unit.ts";

/** The ports on which a server serves, by the protocols of its services; of a stand-in all on which it answers, for its health checks may ask others. */
const servedPorts = ({ view: { lab }, server }: FaultSite): Ports =>
  lab.standIns?.find(({ name }) => name === server)?.ports ?? {
    tcp: portsOf(lab, server, "tcp"),
    udp: portsOf(lab, server, "udp"),
  };

/** The same for people: `port 80, UDP port 5353`. */
export const portsInWords = (site: FaultSite, { tcp, udp }: Ports = servedPorts(site)): string => {
  return [
    ...(tcp.length > 0 ? [`port ${tcp.join(", ")}`] : []),
    ...(udp.length > 0 ? [`UDP port ${udp.join(", ")}`] : []),
  ].join(", ");
};

/** The rules of a packet filter that refuse the ports of a server's services. `by`: what a rule compares with a port, by its protocol. */
export const refusing = (
  site: FaultSite,
  by: Readonly<Record<keyof Ports, string>>,
  { tcp, udp }: Ports = servedPorts(site),
): string => {
  return [
    ...(tcp.length > 0 ? [`${by.tcp} { ${tcp.join(", ")} } reject with tcp reset;`] : []),
    ...(udp.length > 0 ? [`${by.udp} { ${udp.join(", ")} } reject;`] : []),
  ].join(" ");
};

/** The processes that listen on the ports of a server's services, whatever server they are of. */
export async function webServer(site: FaultSite, ports: Ports = servedPorts(site)): Promise<Listener[]> {
  const { output } = await site.view.on(site.server)`bash -c ${listenersOn(ports)}`;
  return parseListeners(output);
}

/**
 * Runs a script on a fault's server, with functions about its web server:
 * - `listening` prints the PIDs of the processes that listen on the services' ports;
 * - `units` prints the systemd units of these processes: those whose main process is one of them or runs the same program, and which systemd can start
 *   again. A process that was started by hand is in the unit of whatever started it, such as ssh.service, and a transient unit ends with its process.
 * @throws LabError unless its status is 0
 */
export async function onWebServer(site: FaultSite, script: string, ports: Ports = servedPorts(site)): Promise<string> {
  const functions = `set -e
listening() { ${listenersOn(ports)} | grep -o 'pid=[0-9]*' | cut -d = -f 2 | sort -u; }
program() { ps -o comm= -p "$1" 2>/dev/null | grep . || echo "$1"; }
units() {
  for pid in $(listening); do
    unit=$(ps -o unit= -p "$pid" | tr -d ' ')
    main=$(systemctl show --property MainPID --value "$unit")
    if [ "$(program "$main")" = "$(program "$pid")" ] && [ "$(systemctl show --property Transient --value "$unit")" = no ]; then
      echo "$unit"
    fi
  done | sort -u
}`;
  return await must(site.view.on(site.server)`bash -c ${`${functions}\n${script}`}`);
}
