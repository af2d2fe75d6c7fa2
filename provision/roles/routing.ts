import { z } from "zod";
import { defaultRouteOf, forwardsPackets } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { connectTo, serverRef } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, removeBootUnit, restartBootUnit } from "./boot-unit.ts";
import { defineRole } from "./role.ts";
import { typedUnit } from "./typed.ts";

/**
 * How a server routes, for network address translation: real servers answer through the director, their default route, and the director
 * forwards what is not for itself (the kernel's ip-sysctl.rst, ip_forward).
 */
export const routing = defineResource({
  type: "Routing",
  summary: "A server's default route, and whether it forwards packets between its networks (net.ipv4.ip_forward).",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The next hop, or `none`. */
    defaultRoute: z.union([z.ipv4(), z.literal("none")]),
    forwards: z.boolean(),
    onBoot: z.literal(true).default(true),
  }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      route: "ip -4 route show default",
      forwards: "sysctl -n net.ipv4.ip_forward",
      ...bootUnitQuestions(unit(inputs)),
    });
    return {
      defaultRoute: nextHop(seen.route.text) ?? "none",
      forwards: seen.forwards.text.trim() === "1",
      onBoot: isOnBoot(unit(inputs), seen) as true,
    };
  },

  async apply(inputs, observed, progress) {
    progress("default route, forwarding");
    const stray = inputs.defaultRoute === "none" && observed?.defaultRoute !== "none";
    await (await connectTo(inputs.server)).script(
      [restartBootUnit(unit(inputs)), ...(stray ? ["ip -4 route flush default"] : [])].join("\n"),
    );
  },

  async remove(inputs) {
    await (await connectTo(inputs.server)).script(removeBootUnit(unit(inputs)));
  },
});

/** The next hop of the default route, as `ip -4 route show default` prints it; undefined if there is none. */
export const nextHop = (routes: string): string | undefined => /^default via (\S+)/m.exec(routes)?.[1];

interface Wanted {
  readonly defaultRoute: string;
  readonly forwards: boolean;
}

const setRoute = ({ defaultRoute }: Wanted): string[] =>
  defaultRoute === "none" ? [] : [`/sbin/ip route replace default via ${defaultRoute}`];
const setForwarding = ({ forwards }: Wanted): string => `/sbin/sysctl -q net.ipv4.ip_forward=${forwards ? 1 : 0}`;

export const unit = (wanted: Wanted): BootUnit => ({
  name: "lvs-routing",
  description: "The default route, and forwarding between networks",
  start: [...setRoute(wanted), setForwarding(wanted)],
  stop: [
    ...(wanted.defaultRoute === "none" ? [] : [`-/sbin/ip route delete default via ${wanted.defaultRoute}`]),
    "/sbin/sysctl -q net.ipv4.ip_forward=0",
  ],
});

export const role = defineRole({
  resource: routing,

  /** What network address translation asks of routing: the default route of real servers, and a director that forwards. */
  inputsOf(lab, server) {
    const defaultRoute = defaultRouteOf(lab, server);
    const forwards = forwardsPackets(lab, server);
    return defaultRoute === undefined && !forwards ? undefined : { defaultRoute: defaultRoute ?? "none", forwards };
  },

  byHand: (wanted) => ({
    steps: [
      ...(wanted.defaultRoute === "none"
        ? []
        : [
            {
              why: "Send answers through the director: it alone can write the VIP back into them.",
              commands: typedUnit(setRoute(wanted)),
              check: "default-route",
            },
          ]),
      ...(wanted.forwards
        ? [
            {
              why: "Forward packets between the networks: answers are addressed to the client, not to the director.",
              commands: typedUnit([setForwarding(wanted)]),
              check: "ip-forward",
            },
          ]
        : []),
    ],
    unit: unit(wanted),
  }),
});
