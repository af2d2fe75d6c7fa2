import type { ForwardingMethod } from "./method.ts";

/**
 * IP-in-IP tunnelling (RFC 2003): the client's packet goes on as it is, inside a packet of the director's own to the real server, which unpacks it
 * on tunl0 and answers the client directly. The port is the service's, too.
 */
export const tunnel: ForwardingMethod = {
  ipvsadm: "-i",
  listed: "Tunnel",
  lbKind: "TUN",
  title: "IP-in-IP tunnelling",
  keepsDestination: true,
  answersPassDirector: false,
  tunnelDevice: "tunl0",
  ipv4Alone:
    "real servers unpack on tunl0, which takes IPv4 in IPv4; packets of IPv6 would need a device of ip6_tunnel",
};
