import { z } from "zod";
import { withPrefix } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { connectTo, serverRef } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, removeBootUnit, restartBootUnit } from "./boot-unit.ts";
import { parseIpAddresses } from "./ip-address.ts";
import { defineRole } from "./role.ts";
import { listed, typedUnit } from "./typed.ts";

/** The interfaces beyond the first one, which the seed configures before there is SSH. */
export const interfaces = defineResource({
  type: "Interfaces",
  summary: "A server's further network interfaces with their addresses. The first interface comes with the seed.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** By interface, with prefix length. */
    addresses: z.record(z.string(), z.array(z.cidrv4())),
    /** The interfaces that are up. */
    up: z.array(z.string()),
    onBoot: z.literal(true).default(true),
  }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      addresses: "ip -oneline -4 address show",
      links: "ip -oneline link show up",
      ...bootUnitQuestions(unit(inputs)),
    });
    const present = parseIpAddresses(seen.addresses.text);
    return {
      addresses: Object.fromEntries(
        Object.entries(inputs.addresses).map(([device, wanted]) => [
          device,
          wanted.filter((one) =>
            present.some((found) => found.device === device && `${found.address}/${found.prefixLength}` === one),
          ),
        ]),
      ),
      up: inputs.up.filter((device) => seen.links.text.includes(`: ${device}: `)),
      onBoot: isOnBoot(unit(inputs), seen) as true,
    };
  },

  async apply(inputs, _observed, progress) {
    progress(`addresses of ${inputs.up.join(", ")}`);
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

export const unit = ({ addresses, up }: Wanted): BootUnit => {
  const placed = Object.entries(addresses).flatMap(([device, all]) => all.map((address) => `${address} dev ${device}`));
  return {
    name: "lvs-interfaces",
    description: "Addresses of the interfaces beyond the first one",
    start: [
      ...up.map((device) => `/sbin/ip link set ${device} up`),
      ...placed.map((one) => `/sbin/ip address replace ${one}`),
    ],
    stop: placed.map((one) => `-/sbin/ip address delete ${one}`),
    beforeNetwork: true,
  };
};

export const role = defineRole({
  resource: interfaces,

  inputsOf(lab, server) {
    const further = server.interfaces.slice(1);
    if (further.length === 0) return;
    return {
      addresses: Object.fromEntries(
        further.map(({ device, addresses }) => [device, addresses.map((one) => withPrefix(lab, one))]),
      ),
      up: further.map(({ device }) => device),
    };
  },

  byHand: (wanted) => ({
    steps: [
      {
        why: `Bring up ${listed(wanted.up)}. A manual lab has this from the start.`,
        commands: typedUnit(unit(wanted).start),
      },
    ],
    unit: unit(wanted),
  }),
});
