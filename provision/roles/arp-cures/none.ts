import type { ArpCureMethod } from "./method.ts";

/** No cure: the ARP problem, to be looked at. */
export const none: ArpCureMethod = {
  reason: "",
  vipDevice: ({ interface: device }) => device,
  start: () => [],
  stop: () => [],
  question: () => "true",
  observe: () => undefined,
  undo: () => "true",
  ipv6: { reason: "", vipDevice: ({ interface: device }) => device, filters: false },
};
