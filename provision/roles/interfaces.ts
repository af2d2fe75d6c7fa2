import { z } from "zod";
import { ofFamily, withPrefix } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, removeBootUnit, restartBootUnit } from "./boot-unit.ts";
import { isIpv6, placeOwn, presentOf } from "./ip-address.ts";
import { defineRole } from "./role.ts";
import { listed, typedUnit } from "./typed.ts";

/** What the seed does not configure before there is SSH: the interfaces beyond the first one, and IPv6 addresses. */
export const interfaces = defineResource({
  type: "Interfaces",
  summary:
    "A server's further network interfaces with their addresses, and IPv6 addresses of all. The first interface comes with the seed, and its IPv4 address.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** By interface, with prefix length. */
    addresses: z.record(z.string(), z.array(z.union([z.cidrv4(), z.cidrv6()]))),
    /** The interfaces that are up, of those beyond the first one. */
    up: z.array(z.string()),
    /** Interfaces with IPv6 addresses of the lab that take more from router advertisements: the kernel's ip-sysctl.rst, accept_ra. */
    autoconfigured: z.array(z.string()).max(0).default([]),
    onBoot: z.literal(true).default(true),
  }),

  upgrade: (recorded) => ({ autoconfigured: [], ...recorded }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const sixth = devicesOfIpv6(inputs);
    const seen = await server.look({
      addresses: "ip -oneline address show",
      links: "ip -oneline link show up",
      routers:
        sixth.length === 0 ? "true" : command`sysctl ${sixth.map((device) => `net.ipv6.conf.${device}.accept_ra`)}`,
      ...bootUnitQuestions(unit(inputs)),
    });
    return {
      addresses: presentOf(inputs.addresses, seen.addresses.text),
      up: inputs.up.filter((device) => seen.links.text.includes(`: ${device}: `)),
      autoconfigured: sixth.filter((device) => !seen.routers.text.includes(`.${device}.accept_ra = 0\n`)),
      onBoot: isOnBoot(unit(inputs), seen) as true,
    };
  },

  async apply(inputs, _observed, progress) {
    progress(`addresses of ${Object.keys(inputs.addresses).join(", ")}`);
    await (await connectTo(inputs.server)).script(restartBootUnit(unit(inputs)));
  },

  async remove(inputs) {
    await (await connectTo(inputs.server)).script(removeBootUnit(unit(inputs)));
  },
});

interface Wanted {
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly up: readonly string[];
}

/** The interfaces with IPv6 addresses. */
const devicesOfIpv6 = ({ addresses }: Pick<Wanted, "addresses">): string[] =>
  Object.entries(addresses).flatMap(([device, all]) => (all.some(isIpv6) ? [device] : []));

/** Keeps the interfaces of IPv6 from taking addresses and routes from router advertisements. */
const noAutoconfiguration = (wanted: Wanted): string[] =>
  devicesOfIpv6(wanted).map(
    (device) => `/sbin/sysctl -q net.ipv6.conf.${device}.accept_ra=0 net.ipv6.conf.${device}.autoconf=0`,
  );

export const unit = (wanted: Wanted): BootUnit => {
  const placed = Object.entries(wanted.addresses).flatMap(([device, all]) =>
    all.map((address) => ({ address, device })),
  );
  const beyond = "the interfaces beyond the first one";
  return {
    name: "lvs-interfaces",
    description: `Addresses of ${devicesOfIpv6(wanted).length > 0 ? `${beyond}, and IPv6 addresses` : beyond}`,
    start: [
      ...wanted.up.map((device) => `/sbin/ip link set ${device} up`),
      ...noAutoconfiguration(wanted),
      ...placed.map(({ address, device }) => `/sbin/ip address replace ${placeOwn(address, device)}`),
    ],
    stop: placed.map(({ address, device }) => `-/sbin/ip address delete ${address} dev ${device}`),
    beforeNetwork: true,
  };
};

export const role = defineRole({
  resource: interfaces,

  inputsOf(lab, server) {
    const [first, ...further] = server.interfaces;
    const given = [
      ...(first ? [{ device: first.device, addresses: ofFamily(first.addresses, 6) }] : []),
      ...further,
    ].filter(({ addresses }) => addresses.length > 0);
    if (given.length === 0) return;
    return {
      addresses: Object.fromEntries(
        given.map(({ device, addresses }) => [device, addresses.map((one) => withPrefix(lab, one))]),
      ),
      up: further.map(({ device }) => device),
    };
  },

  byHand: (wanted) => ({
    steps: [
      {
        why: [
          ...(wanted.up.length > 0 ? [`Bring up ${listed(wanted.up)}.`] : []),
          ...(devicesOfIpv6(wanted).length > 0
            ? [
                `IPv6 addresses of ${listed(devicesOfIpv6(wanted))}, without duplicate address detection (nodad) and with nothing from router advertisements.`,
              ]
            : []),
          "A manual lab has this from the start.",
        ].join(" "),
        commands: typedUnit(unit(wanted).start),
        given: true,
      },
    ],
    unit: unit(wanted),
  }),
});
