import {
  addressBeside,
  type ForwardingMethod,
  familyOf,
  forwardingMethods,
  type Ip,
  interfaceOn,
  networkOfVip,
  serverNamed,
  serverOfPage,
  serviceUrl,
  type VirtualService,
} from "../../lab/index.ts";
import { command } from "../../provision/ssh/index.ts";
import { onceForAll } from "./one-at-a-time.ts";
import { UDP_QUESTION } from "./udp-question.ts";
import type { Evidence, View } from "./view.ts";

/** Whether a server takes packets for an address as its own. */
export interface Reception {
  readonly takes: boolean;
  /** The kernel's answer, or how it was found out. */
  readonly seen: string;
}

/**
 * Asks a server's kernel what it would do with a packet from the client to a VIP that comes in on a device. It is local whichever interface
 * has the address, and without one by a route of type `local`.
 * @param device absent: on each tunnel device that is up
 */
export async function isLocal(view: View, server: string, vip: Ip, device?: string): Promise<Reception> {
  const client = addressBeside(view.lab, view.lab.client, vip);
  const { output } = device
    ? await view.on(
        server,
      )`ip -oneline ${familyOf(vip) === 6 ? "-6" : "-4"} route get ${vip} from ${client} iif ${device}`
    : await view.on(
        server,
      )`for device in $(ip -oneline link show type ipip up | cut -d : -f 2 | cut -d @ -f 1); do ip -oneline -4 route get ${vip} from ${client} iif $device; done`;
  const seen = output.replace(/\s*\\?\s+cache.*$/gm, "").trim();
  return { takes: output.split("\n").some((line) => line.startsWith("local ")), seen };
}

/** Requests by which a redirection is told from a server that sends the packets on. */
const REQUESTS = 3;

/**
 * Whether a real server takes what the director hands it: packets for the VIP, by direct routing with its hardware address, by tunnelling on
 * a tunnel device. It need not have the address: its packet filter may redirect them to it.
 */
export async function takesPackets(view: View, server: string, service: VirtualService): Promise<Reception> {
  const { lab } = view;
  const { tunnelDevice }: ForwardingMethod = forwardingMethods[service.forwarding];
  const network = networkOfVip(lab, service.vip).name;
  if (tunnelDevice) return await isLocal(view, server, service.vip);
  const { device } = interfaceOn(serverNamed(lab, server), network);
  const local = await isLocal(view, server, service.vip, device);
  // The lab host has no IPv6 address from which it could hand the server a packet.
  if (local.takes || familyOf(service.vip) === 6) return local;
  // A server that forwards packets lets the director answer, for any real server or by a refusal.
  const forwards = /^\d/.test(local.seen);
  for (let request = 0; request < (forwards ? REQUESTS : 1); request++) {
    const { output, status } = await requestTo(view, server, service);
    if (status !== 0 && status !== refusedBy(service))
      return { takes: false, seen: `no answer to a packet for ${service.vip}` };
    if (forwards && serverOfPage(service, output)?.server !== server)
      return { takes: false, seen: `it sends packets for ${service.vip} on` };
  }
  return { takes: true, seen: `it answers packets for ${service.vip}, without the address` };
}

/** The status of a request that was refused: curl(1), or the script for UDP. */
const refusedBy = ({ protocol }: VirtualService): number => (protocol === "udp" ? 1 : 7);

/**
 * A request to a VIP that the lab host sends to a real server's hardware address, as a director does; the exit status of curl, or of the script for
 * UDP, is the result. One at a time, for all share one ARP entry; checks that ask the same at the same time share the answer.
 */
export async function requestTo(view: View, server: string, service: VirtualService): Promise<Evidence> {
  const { vip } = service;
  const network = networkOfVip(view.lab, vip).name;
  const { mac } = interfaceOn(serverNamed(view.lab, server), network);
  const bridge = view.live.bridges[network] ?? "";
  const ask =
    service.protocol === "udp"
      ? ["bash", "-c", UDP_QUESTION, "ask", vip, service.port, "1"]
      : ["curl", "--silent", "--insecure", "--connect-timeout", "1", "--max-time", "5", serviceUrl(service)];
  const script = `trap ${command`${command`ip neigh del ${vip} dev ${bridge}`}`} EXIT
trap 'exit 1' HUP INT TERM
${command`ip neigh replace ${vip} lladdr ${mac} dev ${bridge} nud permanent`}
${command`${ask}`}
exit $?`; // without it, bash would become its last command, and run no trap
  let own = false;
  const answer = await onceForAll(`${view.live.host.directory} ${server} ${service.name}`, async () => {
    own = true;
    return await view.segment("flock", "/run/lvs-lab-reception", "bash", "-c", script);
  });
  return own ? answer : view.keep(answer);
}
