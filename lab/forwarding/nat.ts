import type { ForwardingMethod } from "./method.ts";

/**
 * Network address translation, masquerading in ipvsadm's words: the director writes the real server's address and port into the client's
 * packets, and the VIP back into the answers. So answers must pass through the director: it is the real servers' default route.
 */
export const nat: ForwardingMethod = {
  ipvsadm: "-m",
  listed: "Masq",
  lbKind: "NAT",
  title: "network address translation",
  keepsDestination: false,
  answersPassDirector: true,
  ipv4Alone:
    "answers must come back through the director, and default routes and the forwarding of packets are those of IPv4 here",
};
