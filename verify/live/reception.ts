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
    if (status !== 0 && status !== REFUSED) return { takes: false, seen: `no answer to a packet for ${service.vip}` };
    if (forwards && serverOfPage(service, output)?.server !== server)
      return { takes: false, seen: `it sends packets for ${service.vip} on` };
  }
  return { takes: true, seen: `it answers packets for ${service.vip}, without the address` };
}

/** curl(1): the connection was refused. */
const REFUSED = 7;

/**
 * A request to a VIP that the lab host sends to a real server's hardware address, as a director does; curl's exit status is the result. One at a
 * time: all share one ARP entry.
 */
export async function requestTo(view: View, server: string, service: VirtualService): Promise<Evidence> {
  const { vip } = service;
  const network = networkOfVip(view.lab, vip).name;
  const { mac } = interfaceOn(serverNamed(view.lab, server), network);
  const bridge = view.live.bridges[network] ?? "";
  const script = `ip neigh replace ${vip} lladdr ${mac} dev ${bridge} nud permanent
curl --silent --insecure --connect-timeout 1 --max-time 5 ${serviceUrl(service)}; status=$?
ip neigh del ${vip} dev ${bridge}; exit $status`;
  return await view.segment("flock", "/run/lvs-lab-reception", "sh", "-c", script);
}
