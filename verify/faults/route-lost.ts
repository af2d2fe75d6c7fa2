import { defaultRouteOf, serverNamed } from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

export const routeLost = defineFault({
  id: "route-lost",
  title: "take the default route from",
  explains:
    "The real server still gets the client's requests from the director, and has no way to answer other networks than its own. Clients' connections time out, while the director's health checks, which come from its own network, pass: the server stays in the table.",
  parameters: none,
  targets: targets.routed,
  byHand: { inject: "ip route del default", heal: "ip route add default via DIRECTOR" },
  async inject({ view, server }) {
    await must(view.on(server)`ip -4 route flush default`);
  },
  async heal(site) {
    await must(site.view.on(site.server)`ip route replace default via ${routeOf(site)}`);
  },
  async present({ view, server }) {
    const route = (await must(view.on(server)`ip -4 route show default`)).trim();
    return { there: route === "", seen: route || "no default route" };
  },
});

/** @throws LabError if the lab gives the server none */
function routeOf({ view, server }: FaultSite): string {
  const route = defaultRouteOf(view.lab, serverNamed(view.lab, server));
  if (route === undefined) throw new LabError(`the lab gives ${server} no default route`, "misuse");
  return route;
}
