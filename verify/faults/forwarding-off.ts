import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

export const forwardingOff = defineFault({
  id: "forwarding-off",
  title: "stop packet forwarding on",
  explains:
    "The director no longer passes on what is not for itself. Requests still reach the real servers, and their answers still reach the director, which drops them: a connection never opens. The director's own health checks are unaffected.",
  parameters: none,
  targets: targets.routers,
  byHand: { inject: "sysctl net.ipv4.ip_forward=0", heal: "sysctl net.ipv4.ip_forward=1" },
  async inject({ view, server }) {
    await must(view.on(server)`sysctl --quiet net.ipv4.ip_forward=0`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`sysctl --quiet net.ipv4.ip_forward=1`);
  },
  async present({ view, server }) {
    const seen = (await must(view.on(server)`sysctl net.ipv4.ip_forward`)).trim();
    return { there: seen.endsWith("= 0"), seen };
  },
});
