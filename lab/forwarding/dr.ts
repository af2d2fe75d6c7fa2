import type { ForwardingMethod } from "./method.ts";

/** Direct routing: the frame goes on with another destination MAC address and nothing else changed. The port is the service's, too. */
export const dr: ForwardingMethod = {
  ipvsadm: "-g",
  listed: "Route",
  lbKind: "DR",
  title: "direct routing",
  keepsDestination: true,
  answersPassDirector: false,
};
