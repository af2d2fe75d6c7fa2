import { clientAddress, defaultRouteOf, realServers, serverNamed } from "../../lab/index.ts";
import type { Check } from "./check.ts";
import { answersThroughDirector } from "./subjects.ts";

export const defaultRoute: Check = {
  id: "default-route",
  title: "A real server's way to the client leads through the director",
  role: "real-server",
  proves:
    "By network address translation the answers must pass through the director, which alone can write the VIP back into them. An answer that " +
    "takes another way comes from an address that the client never asked.",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: (lab) => lab.services.some(answersThroughDirector),
  subjects: (lab) =>
    realServers(lab)
      .filter((server) => defaultRouteOf(lab, server) !== undefined)
      .map(({ name }) => ({ host: name })),
  expected: (lab, { host }) => `to ${clientAddress(lab)} by ${defaultRouteOf(lab, serverNamed(lab, host))}`,
  byHand: (lab) => [`ip route get ${clientAddress(lab)}`],
  hint: (lab, { host }) =>
    `The default route is missing, or leads elsewhere than to ${defaultRouteOf(lab, serverNamed(lab, host))}, which the director has.`,
  async look(view, { host }) {
    const client = clientAddress(view.lab);
    const { output } = await view.on(host)`ip -4 route get ${client}`;
    const hop = / via (\S+)/.exec(output)?.[1];
    const seen = hop === undefined ? `no way to ${client} by another host` : `to ${client} by ${hop}`;
    return { passed: hop === defaultRouteOf(view.lab, serverNamed(view.lab, host)), seen, started: hop !== undefined };
  },
};
