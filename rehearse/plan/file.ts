import { join } from "node:path";
import { z } from "zod";
import { type Cidr, contains, guestOs, type Ip, parseIp, parseSubnet, toIp } from "../../lab/index.ts";
import { osProperty } from "../../lab/os.ts";
import { parseFile, readText } from "../../lab/yaml/file.ts";
import { findingsOf, type Rule } from "../../lab/yaml/rules.ts";
import { property } from "../../lab/yaml/schema.ts";
import { PLAN } from "../conf/lines.ts";
import type { Plan } from "./plan.ts";

export { PLAN };

const name = property(
  z.string().regex(/^[a-z][a-z0-9-]{0,14}$/),
  "a name: a lower-case letter, then up to 14 lower-case letters, digits and hyphens",
  "write a name such as `net1`",
);

const directorName = property(
  z.string().regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/),
  "a host name: a lower-case letter, then lower-case letters, digits and inner hyphens",
  "name the director's file so: NAME.conf or NAME/keepalived.conf",
);

const addressList = property(
  z.array(
    property(
      z.string().refine((text) => parseIp(text) !== undefined),
      "an IP address",
      "write `192.0.2.11`",
    ),
  ),
  "a list of IP addresses",
  "write `addresses: [192.0.2.11]`",
);

/** The longest name of an interface: IFNAMSIZ in linux/if.h is 16, with the NUL. */
const device = property(
  z.string().regex(/^[^\s/:]{1,15}$/),
  "the name of an interface, up to 15 characters without blanks, slashes and colons",
  "write `device: eth0`",
);

const network = property(z.string(), "the name of a network", "write the name that one of `networks` has");

/** `rehearsal.yaml`. */
export const planSchema = z.strictObject({
  os: osProperty().default("debian-12"),
  networks: property(
    z
      .array(
        z.strictObject({
          name,
          subnets: property(
            z
              .array(
                property(
                  z.string().refine((text) => parseSubnet(text) !== undefined),
                  "a subnet in CIDR notation, host bits zero",
                  "write `192.0.2.0/24`",
                ),
              )
              .min(1),
            "a list of subnets",
            "write `subnets: [192.0.2.0/24]`",
          ),
        }),
      )
      .min(1),
    "a list of networks",
    "run `npx lvs-lab rehearse init FOLDER`, which writes it",
  ),
  directors: property(
    z
      .array(
        z.strictObject({
          name: directorName,
          packages: property(
            z.array(
              property(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/), "the name of a Debian package", "write `haproxy`"),
            ),
            "a list of Debian packages",
            "write `packages: [haproxy]`, or leave it out",
          ).default([]),
          sysctls: property(
            z.record(z.string().regex(/^[a-z0-9_.-]+$/), z.string().regex(/^[\w. -]+$/)),
            "a map of kernel settings, the values in quotes",
            'write `sysctls: {net.ipv4.ip_forward: "1"}`, or leave it out',
          ).default({}),
          interfaces: property(
            z.array(z.strictObject({ device, network, addresses: addressList })).min(1),
            "a list of interfaces",
            "write `interfaces:` and the director's interfaces indented under it",
          ),
        }),
      )
      .min(1),
    "a list of directors",
    "run `npx lvs-lab rehearse init FOLDER`, which writes it",
  ),
  client: property(
    z.strictObject({ network, addresses: addressList }),
    "the network and addresses of the client",
    "write `client: {network: net1, addresses: [192.0.2.250]}`",
  ),
  standIns: property(
    z.array(z.strictObject({ name, network, addresses: addressList, gateways: addressList.default([]) })),
    "a list of hosts that are only talked to",
    "write `standIns:` and the hosts indented under it, or leave it out",
  ).default([]),
});

type Draft = z.output<typeof planSchema>;

/** What a plan is held against: the directors whose configurations the folder has. */
interface Context {
  readonly directors: readonly string[];
}

const rules: Record<string, Rule<Draft, Context>> = {
  *"unknown-network"(draft) {
    const known = networksOf(draft).map((one) => one.name);
    for (const { path, network } of placesOf(draft))
      if (network !== undefined && !known.includes(network))
        yield {
          path: [...path, "network"],
          expected: `one of the networks ${known.join(", ")}`,
          remedy: "correct the name, or add the network",
        };
  },

  *"address-in-no-subnet"(draft) {
    for (const { path, network, addresses } of placesOf(draft)) {
      const subnets = networksOf(draft).find((one) => one.name === network)?.subnets;
      for (const [index, text] of (addresses ?? []).entries()) {
        const address = parseIp(text ?? "");
        if (!subnets || address === undefined || subnets.some((subnet) => contains(subnet as Cidr, address))) continue;
        yield {
          path: [...path, "addresses", index],
          expected: `an address of the network ${network}, ${subnets.join(" or ")}`,
          remedy: "choose an address of its subnets, or another network",
        };
      }
    }
  },

  *"duplicate-address"(draft) {
    const seen = new Map<string, readonly PropertyKey[]>();
    for (const { path, network, addresses } of placesOf(draft))
      for (const [index, address] of (addresses ?? []).entries()) {
        const at = [...path, "addresses", index];
        const earlier = seen.get(`${network} ${address}`);
        if (earlier)
          yield {
            path: at,
            expected: "an address that no other host has",
            remedy: "choose another one",
            other: earlier,
          };
        else seen.set(`${network} ${address}`, at);
      }
  },

  *"other-directors"(draft, { directors }) {
    for (const [index, director] of (draft.directors ?? []).entries())
      if (director?.name !== undefined && !directors.includes(director.name))
        yield {
          path: ["directors", index, "name"],
          expected: `one of the folder's directors, ${directors.join(", ")}`,
          remedy: `correct the name, or put ${director.name}.conf into the folder`,
        };
    const missing = directors.filter((one) => !(draft.directors ?? []).some((director) => director?.name === one));
    if (missing.length > 0 && draft.directors)
      yield {
        path: ["directors"],
        atKey: true,
        expected: `all directors of the folder: ${directors.join(", ")}`,
        found: `none for ${missing.join(", ")}`,
        remedy: "add it, or run `npx lvs-lab rehearse init --force FOLDER`",
      };
  },

  *"duplicate-name"(draft) {
    const names = [
      ...networksOf(draft).map(({ name }, index) => ({ name, path: ["networks", index, "name"] })),
      ...(draft.directors ?? []).map((one, index) => ({ name: one?.name, path: ["directors", index, "name"] })),
      ...(draft.standIns ?? []).map((one, index) => ({ name: one?.name, path: ["standIns", index, "name"] })),
    ];
    const reserved = ["client", "segment", "management"];
    for (const [index, { name, path }] of names.entries()) {
      const earlier = names.slice(0, index).find((one) => name !== undefined && one.name === name);
      if (earlier)
        yield { path, expected: "a name that nothing else has", remedy: "choose another one", other: earlier.path };
      else if (name !== undefined && reserved.includes(name))
        yield { path, expected: `a name other than ${reserved.join(", ")}`, remedy: "choose another one" };
    }
  },
};

const networksOf = ({ networks }: Draft) => (networks ?? []).filter((one) => one !== undefined);

/** Every host's place in a network. */
const placesOf = ({ directors, client, standIns }: Draft) => [
  ...(directors ?? []).flatMap((director, index) =>
    (director?.interfaces ?? []).map((one, at) => ({ ...one, path: ["directors", index, "interfaces", at] })),
  ),
  ...(client ? [{ ...client, path: ["client"] }] : []),
  ...(standIns ?? []).map((one, index) => ({ ...one, path: ["standIns", index] })),
];

/**
 * The plan that a text describes. `directors`: those whose configurations the folder has.
 * @throws FileError with everything that is wrong
 */
export function parsePlan(text: string, file: string, directors: readonly string[]): Plan {
  const { contents } = parseFile(text, file, {
    schema: planSchema,
    rules: (draft) => findingsOf(rules, draft as Draft, { directors }),
  });
  const ips = (texts: readonly string[]): Ip[] => texts.map(toIp);
  return {
    os: guestOs(contents.os),
    networks: contents.networks.map(({ name, subnets }) => ({ name, subnets: subnets as Cidr[] })),
    directors: contents.directors.map(({ interfaces, ...director }) => ({
      ...director,
      interfaces: interfaces.map(({ addresses, ...one }) => ({ ...one, addresses: ips(addresses) })),
    })),
    client: { network: contents.client.network, addresses: ips(contents.client.addresses) },
    standIns: contents.standIns.map(({ addresses, gateways, ...one }) => ({
      ...one,
      addresses: ips(addresses),
      gateways: ips(gateways),
    })),
  };
}

/** The plan of a folder. @throws FileError with everything that is wrong, or that there is none */
export async function readPlan(folder: string, directors: readonly string[]): Promise<Plan> {
  const file = join(folder, PLAN);
  const text = await readText(file, `a file ${PLAN}`, `run \`npx lvs-lab rehearse init ${folder}\`, which writes it`);
  return parsePlan(text, file, directors);
}
