import { type Cidr, contains, familyOf, firstAddress, parseIp, parseSubnet } from "../../lab/index.ts";
import type { Rule } from "../../lab/yaml/rules.ts";
import { management } from "./management.ts";
import { serverNameOf } from "./names.ts";
import type { PlanDraft as Draft } from "./schema.ts";

/** Names that mean something else in every lab. */
const reserved = ["localhost", "client", "segment", "management"];

/** What a plan is held against: the directors whose configurations the folder has. */
export interface Context {
  readonly directors: readonly string[];
  /** The firewall marks of their virtual servers. */
  readonly marks: readonly number[];
  /** Whether the folder has a file. */
  hasFile(file: string): boolean;
}

/** What properties of a plan must be to one another. */
export const planRules: Record<string, Rule<Draft, Context>> = {
  *"unknown-network"(draft) {
    const known = (draft.networks ?? []).map((one) => one?.name);
    // What an invalid name stands for is not known.
    if (known.length === 0 || known.includes(undefined as never)) return;
    for (const { path, network } of placesOf(draft))
      if (network !== undefined && !known.includes(network))
        yield {
          path: [...path, "network"],
          expected: `one of the networks ${known.join(", ")}`,
          remedy: "correct the name, or add the network",
        };
  },

  *"overlapping-subnets"(draft) {
    const [reserved] = management.subnets;
    const all = (draft.networks ?? []).flatMap((network, index) =>
      (network?.subnets ?? []).flatMap((text, at) => {
        const subnet = parseSubnet(text ?? "");
        return subnet === undefined ? [] : [{ index, subnet, path: ["networks", index, "subnets", at] }];
      }),
    );
    for (const [place, { index, subnet, path }] of all.entries()) {
      const earlier = all.slice(0, place).find((one) => one.index !== index && overlap(one.subnet, subnet));
      if (overlap(subnet, reserved))
        yield {
          path,
          expected: `a subnet outside of ${reserved}, by which the rehearsal reaches its directors`,
          remedy: "choose another one; a rehearsal needs other addresses in the configurations where they name these",
        };
      else if (earlier)
        yield {
          path,
          expected: "a subnet that shares no address with another network's",
          remedy: "give one of the two a longer prefix, or make the two networks one",
          other: earlier.path,
        };
    }
  },

  *"address-in-no-subnet"(draft) {
    for (const { path, network, addresses } of placesOf(draft)) {
      const subnets = subnetsOn(draft, network);
      for (const [index, text] of (addresses ?? []).entries()) {
        const address = parseIp(text ?? "");
        if (subnets.length === 0 || address === undefined || subnets.some((subnet) => contains(subnet, address)))
          continue;
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
      for (const [index, text] of (addresses ?? []).entries()) {
        const address = parseIp(text ?? "");
        if (address === undefined) continue;
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
    // An invalid name may be that of one that is missing.
    if (draft.directors?.some((one) => one?.name === undefined)) return;
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
    const of = (place: "networks" | "directors" | "standIns", nameOf = (name: string) => name) =>
      (draft[place] ?? []).flatMap((one, index) =>
        one?.name === undefined ? [] : [{ place, name: nameOf(one.name), path: [place, index, "name"] }],
      );
    const names = [...of("networks"), ...of("directors", serverNameOf), ...of("standIns")];
    for (const [index, { place, name, path }] of names.entries()) {
      const remedy = place === "directors" ? "name the director's file otherwise" : "choose another one";
      const earlier = names.slice(0, index).find((one) => one.name === name);
      if (earlier)
        yield {
          path,
          expected:
            place === "directors"
              ? `a director whose server can have a name of its own; it would be ${name}`
              : "a name that nothing else has",
          remedy,
          other: earlier.path,
        };
      else if (reserved.includes(name)) yield { path, expected: `a name other than ${reserved.join(", ")}`, remedy };
    }
  },

  *"missing-file"(draft, { hasFile }) {
    const maps = [
      ...(draft.directors ?? []).map((one, index) => ({ files: one?.files, path: ["directors", index, "files"] })),
      ...(draft.standIns ?? []).map((one, index) => ({ files: one?.pages, path: ["standIns", index, "pages"] })),
    ];
    for (const { files, path } of maps)
      for (const [key, file] of Object.entries(files ?? {}))
        if (!hasFile(file))
          yield {
            path: [...path, key],
            expected: "a file of the folder",
            remedy: "put it into the folder, or correct the name",
          };
  },

  *"keepalived-itself"(draft) {
    for (const [index, director] of (draft.directors ?? []).entries()) {
      for (const path of Object.keys(director?.files ?? {}))
        if (/^\/etc\/(keepalived\/|default\/keepalived$)/.test(path))
          yield {
            path: ["directors", index, "files", path],
            atKey: true,
            expected: "a file of something else than keepalived, whose own come from its configuration",
            found: path,
            remedy: "remove it: a script that the configuration names is put there if the folder has it",
          };
      for (const [at, service] of (director?.services ?? []).entries())
        if (service !== undefined && /^keepalived(\.service)?$/.test(service))
          yield {
            path: ["directors", index, "services", at],
            expected: "a service other than keepalived, which runs anyway",
            remedy: "remove it",
          };
    }
  },

  *"service-elsewhere"(draft) {
    const subnets = subnetsOn(draft, draft.client?.network);
    for (const [index, service] of (draft.services ?? []).entries()) {
      const address = parseIp(service?.address ?? "");
      if (address === undefined || subnets.length === 0) continue;
      if (!subnets.some((subnet) => contains(subnet, address)))
        yield {
          path: ["services", index, "address"],
          expected: `an address of the client's network, ${subnets.join(" or ")}`,
          remedy: "write one that keepalived holds there, or move the client",
        };
      const same = (draft.services ?? []).findIndex(
        (one) => parseIp(one?.address ?? "") === address && one?.port === service?.port,
      );
      if (same < index && service?.port !== undefined)
        yield {
          path: ["services", index],
          expected: "each address and port once",
          found: `${address} ${service.port} again`,
          remedy: "remove one of the two",
          other: ["services", same],
        };
    }
  },

  *"firewall-mark"(draft, { marks }) {
    const known = [...new Set(marks)];
    const places = (draft.services ?? []).map((one) => ({ ...one, address: parseIp(one?.address ?? "") }));
    for (const [index, { address, firewallMark: mark }] of places.entries()) {
      if (mark === undefined || address === undefined) continue;
      const path = ["services", index, "firewallMark"];
      const first = places.findIndex((one) => one.firewallMark === mark && one.address !== undefined);
      if (!known.includes(mark))
        yield {
          path,
          expected:
            known.length > 0
              ? `the mark of a virtual server, ${known.join(" or ")}`
              : "none: no virtual server has one",
          remedy: "correct it, or remove it",
        };
      else if (familyOf(address) === 6)
        yield {
          path,
          expected: "none on an IPv6 address, so far: a rehearsal marks packets of IPv4 alone",
          remedy: "remove the service: it comes up, and is not measured",
        };
      else if (places[first]?.address !== address)
        yield {
          path,
          expected: "one address for each mark, so far",
          found: `${mark} again, for ${address}`,
          remedy: "remove one of the two services",
          other: ["services", first, "firewallMark"],
        };
    }
  },

  *"client-without-ipv4"({ client }) {
    const addresses = client?.addresses;
    if (addresses?.every((text) => text?.includes(":")))
      yield {
        path: ["client", "addresses"],
        expected: "an IPv4 address among them",
        remedy: "add one; give its network an IPv4 subnet if it has none",
      };
  },

  *"duplicate-device"(draft) {
    for (const [index, director] of (draft.directors ?? []).entries()) {
      const devices = (director?.interfaces ?? []).map((one) => one?.device);
      for (const [at, device] of devices.entries()) {
        const earlier = devices.indexOf(device);
        if (device !== undefined && earlier < at)
          yield {
            path: ["directors", index, "interfaces", at, "device"],
            expected: "an interface that the director has once",
            remedy: "choose another name, or put the addresses of both into one",
            other: ["directors", index, "interfaces", earlier, "device"],
          };
      }
    }
  },

  *"gateway-elsewhere"(draft) {
    for (const [index, standIn] of (draft.standIns ?? []).entries()) {
      const subnets = subnetsOn(draft, standIn?.network);
      const families = (standIn?.gateways ?? []).map((text) => (text?.includes(":") ? 6 : 4));
      for (const [at, text] of (standIn?.gateways ?? []).entries()) {
        const path = ["standIns", index, "gateways", at];
        const gateway = parseIp(text ?? "");
        if (gateway === undefined) continue;
        if (subnets.length > 0 && !subnets.some((subnet) => contains(subnet, gateway)))
          yield {
            path,
            expected: `an address of the network ${standIn?.network}, ${subnets.join(" or ")}`,
            remedy: "write an address that a director has there",
          };
        else if (families.indexOf(familyOf(gateway)) < at)
          yield {
            path,
            expected: "one default route of each family",
            remedy: "keep one",
            other: ["standIns", index, "gateways", families.indexOf(familyOf(gateway))],
          };
      }
    }
  },
};

/** Whether two subnets share an address: one lies in the other. */
const overlap = (one: Cidr, other: Cidr): boolean =>
  contains(one, firstAddress(other)) || contains(other, firstAddress(one));

/** The valid subnets of a network; none where it is not there. */
const subnetsOn = ({ networks }: Draft, name: string | undefined): Cidr[] =>
  (networks?.find((one) => name !== undefined && one?.name === name)?.subnets ?? []).flatMap(
    (text) => parseSubnet(text ?? "") ?? [],
  );

/** Every host's place in a network. */
const placesOf = ({ directors, client, standIns }: Draft) => [
  ...(directors ?? []).flatMap((director, index) =>
    (director?.interfaces ?? []).map((one, at) => ({ ...one, path: ["directors", index, "interfaces", at] })),
  ),
  ...(client ? [{ ...client, path: ["client"] }] : []),
  ...(standIns ?? []).map((one, index) => ({ ...one, path: ["standIns", index] })),
];
