import { hostAddressOf } from "./defaults.ts";
import {
  addresses,
  clashing,
  clientOf,
  defaultRoutes,
  destinationsOf,
  type FileNames,
  instancesOf,
  type LabDraft,
  macsOf,
  methodOf,
  nameOf,
  networkAt,
  networkName,
  networksOf,
  placed,
  serversOf,
  servicesOf,
  subnetsOf,
} from "./draft.ts";
import {
  addressAt,
  type Cidr,
  contains,
  familyOf,
  firstAddress,
  type Ip,
  lastAddress,
  lastHost,
  parseIp,
  parseSubnet,
} from "./ip.ts";
import type { Rule } from "./yaml/rules.ts";

/** The rules of addresses and networks, by the name that a problem carries. */
export const networkRules: Record<string, Rule<LabDraft, FileNames>> = {
  *"name-of-a-network"(draft) {
    for (const { index, server } of serversOf(draft)) {
      const network = (draft.networks ?? []).findIndex((each) => each?.name !== undefined && each.name === server.name);
      if (network >= 0) {
        yield {
          path: ["servers", index, "name"],
          expected: "a name that no network has",
          remedy: "choose another name: faults are injected into servers and networks by their names",
          other: ["networks", network, "name"],
        };
      }
    }
  },

  *"duplicate-address"(draft) {
    const given = addresses(draft).filter(({ path }) => path[0] === "servers");
    for (const { index, earlier } of clashing(given.map(({ address }, at) => [at, address]))) {
      const [one, other] = [given[index], given[earlier]];
      if (!one || !other) continue;
      yield {
        path: one.path,
        expected: "an address that no other server has",
        found: `${one.text}, which ${nameOf(draft, Number(other.path[1]))} has`,
        remedy: "choose another address",
        other: other.path,
      };
    }
  },

  *"duplicate-mac"(draft) {
    const macs = macsOf(draft);
    for (const { index, value, earlier } of clashing(macs.map(({ mac }, at) => [at, mac] as const))) {
      // Of two, the one to change is the one that was written: a default comes from the address.
      const [one, other] = macs[index]?.written ? [macs[index], macs[earlier]] : [macs[earlier], macs[index]];
      if (!one || !other) continue;
      yield {
        path: one.path,
        expected: "a MAC address that no other interface has",
        found: `${value}, which ${nameOf(draft, other.server)} has`,
        remedy: "choose another, or leave it out: it then comes from the address",
        other: other.path,
      };
    }
  },

  *"outside-subnet"(draft) {
    const subnets = subnetsOf(draft);
    for (const { path, address, text } of subnets ? addresses(draft) : []) {
      const [subnet] = subnets ?? [];
      if (subnet && !subnets?.some((each) => contains(each, address))) {
        yield {
          path,
          expected: `an address in a network's subnet, ${subnets?.join(" or ")}`,
          found: text,
          remedy: subnets?.some((each) => familyOf(each) === familyOf(address))
            ? `choose one from ${range(subnets.find((each) => familyOf(each) === familyOf(address)) ?? subnet)}`
            : "add an IPv6 subnet to the network: `subnets: [172.25.254.0/24, fd00:254::/64]`",
          other: ["networks", 0, "subnets", 0],
        };
      }
    }
  },

  *"not-a-host-address"(draft) {
    for (const { path, address, text, subnet } of placed(draft)) {
      // In IPv6 the last address is a host's like any other.
      if (address === firstAddress(subnet) || (familyOf(address) === 4 && address === lastAddress(subnet))) {
        yield {
          path,
          expected: "an address that a host may have",
          found: `${text}, the subnet's ${nameOfEnd(subnet, address)} address`,
          remedy: `choose one from ${range(subnet)}`,
        };
      }
    }
  },

  *"gateway-address"(draft) {
    for (const { path, address, text, subnet } of placed(draft)) {
      if (familyOf(address) === 4 && address === hostAddressOf(subnet)) {
        yield {
          path,
          expected: "an address of its own",
          found: `${text}, the lab host's bridge`,
          remedy: "choose another: the bridge always has the subnet's first address",
        };
      }
    }
  },

  *"client-address"(draft) {
    const client = clientOf(draft);
    for (const { path, address, text } of addresses(draft)) {
      if (client?.addresses.includes(address) && path[0] !== "client") {
        yield {
          path,
          expected: "an address of its own",
          found: `${text}, the client's${client.given ? "" : " unless `client` says otherwise"}`,
          remedy: `choose another address here, or ${client.given ? "another" : "one"} for the client`,
          ...(client.given && { other: ["client", "addresses", client.addresses.indexOf(address)] }),
        };
      }
    }
  },

  *"vip-of-a-server"(draft) {
    const given = addresses(draft);
    for (const { path, address, text } of given.filter(({ path: [key] }) => key === "services")) {
      const owner = given.find(({ path: [key], address: own }) => key === "servers" && own === address);
      if (owner) {
        yield {
          path,
          expected: "an address that no host has of its own",
          found: `${text}, which ${nameOf(draft, Number(owner.path[1]))} has`,
          remedy: "choose a free address of the subnet: the director takes it beside its own",
          other: owner.path,
        };
      }
    }
  },

  *"duplicate-network"(draft) {
    const names = (draft.networks ?? []).map((_, index) => [index, networkName(draft, index)] as const);
    for (const { index, value, earlier } of clashing(names)) {
      yield {
        path: ["networks", index, "name"],
        expected: "a name that no other network has",
        found: `${value}, which networks[${earlier}] has`,
        remedy: "write another, such as `name: inside`",
        other: ["networks", earlier, "name"],
      };
    }
  },

  *"overlapping-subnets"(draft) {
    const subnets = (draft.networks ?? []).flatMap((network, index) =>
      (network?.subnets ?? []).flatMap((text, at) => {
        const subnet = parseSubnet(text ?? "");
        return subnet === undefined ? [] : [{ path: ["networks", index, "subnets", at], subnet }];
      }),
    );
    for (const [index, { path, subnet }] of subnets.entries()) {
      const other = subnets
        .slice(0, index)
        .find((one) => contains(one.subnet, firstAddress(subnet)) || contains(subnet, firstAddress(one.subnet)));
      if (other) {
        yield {
          path,
          expected: "a subnet that overlaps no other one",
          found: `${subnet} beside ${other.subnet}`,
          remedy: "choose another range, such as 192.168.10.0/24",
          other: other.path,
        };
      }
    }
  },

  *"two-addresses-in-a-network"(draft) {
    for (const { index, server } of serversOf(draft)) {
      const places = (server.addresses ?? []).map((text, at) => {
        const address = parseIp(text ?? "");
        const network = address === undefined ? -1 : networkAt(draft, address);
        return [at, address === undefined || network < 0 ? undefined : `${familyOf(address)} ${network}`] as const;
      });
      for (const { index: at, value, earlier } of clashing(places)) {
        const network = Number(value.split(" ")[1]);
        yield {
          path: ["servers", index, "addresses", at],
          expected: "one address of a family in each network so far",
          found: `a second one in ${networkName(draft, network) ?? `networks[${network}]`}`,
          remedy: "remove one of the two",
          other: ["servers", index, "addresses", earlier],
        };
      }
    }
  },

  *"interface-without-address"(draft) {
    const names = (draft.networks ?? []).map((_, index) => networkName(draft, index));
    for (const { index, server } of serversOf(draft)) {
      const own = networksOf(draft, server)?.map((network) => names[network]);
      const given = (server.interfaces ?? []).map((each, at) => [at, each?.network] as const);
      for (const [at, name] of own ? given : []) {
        if (name !== undefined && names.includes(name) && !own?.includes(name)) {
          yield {
            path: ["servers", index, "interfaces", at, "network"],
            expected: "a network in which the server has an address",
            remedy: `add an address of ${name} to \`addresses\`, or remove the interface`,
            other: ["servers", index, "addresses"],
          };
        }
      }
      for (const { index: at, value, earlier } of clashing(given)) {
        yield {
          path: ["servers", index, "interfaces", at, "network"],
          expected: "one interface in each network",
          found: `a second one in ${value}`,
          remedy: "remove one of the two",
          other: ["servers", index, "interfaces", earlier, "network"],
        };
      }
    }
  },

  *"default-route-elsewhere"(draft) {
    for (const { network, address } of defaultRoutes(draft)) {
      const place = networkAt(draft, address);
      if (place >= 0 && place !== network) {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: `an address of this network, ${draft.networks?.[network]?.subnets?.join(" or ")}`,
          found: `${address}, which lies in ${networkName(draft, place) ?? `networks[${place}]`}`,
          remedy: "write the address that the director has, or is to take, in this network",
        };
      }
    }
  },

  *"default-route-of-a-real-server"(draft) {
    for (const { network, address } of defaultRoutes(draft)) {
      const owner = serversOf(draft).find(({ server }) => server.addresses?.some((text) => text === address));
      if (owner?.server.role === "real-server") {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: "an address of a director, or one that no server has",
          found: `${address}, which ${nameOf(draft, owner.index)} has, a real server`,
          remedy: "write the director's address in this network",
          other: ["servers", owner.index, "addresses"],
        };
      }
    }
  },

  *"default-route-without-director"(draft) {
    for (const { network, address } of defaultRoutes(draft)) {
      if (networkAt(draft, address) !== network) continue;
      for (const { index, server } of serversOf(draft)) {
        const own = networksOf(draft, server);
        if (server.role === "director" && own && !own.includes(network)) {
          yield {
            path: ["servers", index, "addresses"],
            expected: `an address in ${networkName(draft, network)}, whose default route the director is to be`,
            found: "none",
            remedy: `add one, or remove \`defaultRoute\``,
            other: ["networks", network, "defaultRoute"],
          };
        }
      }
    }
  },

  *"default-route-without-instance"(draft) {
    const held = instancesOf(draft).map(([, { addresses: list }]) => list);
    if (draft.control !== "keepalived" || draft.vrrp === undefined) return;
    if (held.some((list) => list?.includes(undefined))) return;
    const own = serversOf(draft).flatMap(({ server }) => server.addresses ?? []);
    for (const { network, address } of defaultRoutes(draft)) {
      if (own.includes(address)) {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: "an address that goes from director to director, where keepalived is in control",
          found: `${address}, which one director has`,
          remedy: "choose a free address of the network, and add it to the `addresses` of a VRRP instance",
        };
      } else if (!held.some((list) => list?.includes(address))) {
        yield {
          path: ["networks", network, "defaultRoute"],
          expected: "an address of a VRRP instance, where keepalived is in control",
          remedy: `write \`addresses: [${address}]\` in an instance of \`vrrp\``,
          other: ["vrrp"],
        };
      }
    }
  },

  *"instance-across-networks"(draft) {
    for (const [index, { addresses: list = [] }] of instancesOf(draft)) {
      const places = list.map((text) => {
        const address = parseIp(text ?? "");
        return address === undefined ? -1 : networkAt(draft, address);
      });
      const at = places.findIndex(
        (place) => place >= 0 && places[0] !== undefined && places[0] >= 0 && place !== places[0],
      );
      if (at >= 0) {
        yield {
          path: ["vrrp", index, "addresses", at],
          expected: "addresses of one network in an instance: it advertises there",
          found: `one in ${networkName(draft, places[0] ?? 0)} and one in ${networkName(draft, places[at] ?? 0)}`,
          remedy: "give each network an instance of its own",
          other: ["vrrp", index, "addresses", 0],
        };
      }
    }
  },

  *"answers-past-the-director"(draft) {
    const client = clientOf(draft);
    const front = client ? networkAt(draft, client.address) : -1;
    if (front < 0) return;
    const routed = new Set(defaultRoutes(draft).map(({ network }) => network));
    for (const [index, service] of servicesOf(draft)) {
      const method = methodOf(service);
      for (const { index: at, server } of method ? destinationsOf(draft, service) : []) {
        const own = networksOf(draft, server);
        if (!own || !method) continue;
        if (!method.answersPassDirector && !own.includes(front)) {
          yield {
            path: ["servers", at, "addresses"],
            expected: `an address in ${networkName(draft, front)}: by ${method.title}, a real server answers the client itself`,
            found: "none",
            remedy: "add one, or write `forwarding: nat` in the service",
            other: ["services", index, "forwarding"],
          };
        } else if (method.answersPassDirector && own.includes(front)) {
          yield {
            path: ["services", index, "forwarding"],
            expected: `real servers outside ${networkName(draft, front)}, the client's network, by ${method.title}: answers must pass through the director`,
            found: `${nameOf(draft, at)} on it`,
            remedy: "give the real servers and the director addresses in a network of their own, with a `defaultRoute`",
            other: ["servers", at, "addresses"],
          };
        } else if (method.answersPassDirector && !own.some((network) => routed.has(network))) {
          yield {
            path: ["networks", own[0] ?? 0, "defaultRoute"],
            expected: `a default route for ${nameOf(draft, at)}: by ${method.title}, its answers must pass through the director`,
            found: "none",
            remedy: "write `defaultRoute:` with an address that the director has, or is to take, in this network",
            other: ["services", index, "forwarding"],
          };
        }
      }
    }
  },

  *"vip-out-of-reach"(draft) {
    const client = clientOf(draft);
    const front = client ? networkAt(draft, client.address) : -1;
    for (const [index, { vip = "" }] of servicesOf(draft)) {
      const address = parseIp(vip);
      const network = address === undefined ? -1 : networkAt(draft, address);
      if (network >= 0 && front >= 0 && network !== front) {
        yield {
          path: ["services", index, "vip"],
          expected: `an address in ${networkName(draft, front)}, the client's network`,
          found: `${vip}, which lies in ${networkName(draft, network)}`,
          remedy: "choose an address there, or move the client with `client: { addresses: [ADDRESS] }`",
          ...(client?.given && { other: ["client", "addresses", 0] }),
        };
        continue;
      }
      for (const { index: at, server } of network < 0 ? [] : serversOf(draft)) {
        const own = server.role === "director" ? networksOf(draft, server) : undefined;
        if (own && !own.includes(network)) {
          yield {
            path: ["servers", at, "addresses"],
            expected: `an address in ${networkName(draft, network)}, where the director is to take the VIP`,
            found: "none",
            remedy: "add one",
            other: ["services", index, "vip"],
          };
        }
      }
    }
  },

  *"port-that-is-not-rewritten"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      const port = "port" in service ? service.port : 80;
      const method = methodOf(service);
      for (const [at, real] of (service.realServers ?? []).entries()) {
        if (!method || method.answersPassDirector || port === undefined) continue;
        if (real?.port !== undefined && real.port !== port) {
          yield {
            path: ["services", index, "realServers", at, "port"],
            expected: `${port}, the service's port: ${method.title} rewrites none`,
            remedy: "leave it out, or write `forwarding: nat` in the service",
            other: ["services", index, "port"],
          };
        }
      }
    }
  },

  *"unknown-network"(draft) {
    const names = (draft.networks ?? []).map((each) => (each && "name" in each ? each.name : "segment"));
    for (const { index, server } of serversOf(draft)) {
      for (const [at, each] of (server.interfaces ?? []).entries()) {
        if (each?.network !== undefined && !names.includes(each.network) && !names.includes(undefined)) {
          yield {
            path: ["servers", index, "interfaces", at, "network"],
            expected: "the name of a network",
            remedy: `choose one of ${names.join(", ")}`,
          };
        }
      }
    }
  },
};

const nameOfEnd = (subnet: Cidr, address: Ip): string => {
  if (familyOf(subnet) === 6) return "routers' anycast (RFC 4291, section 2.6.1)";
  return address === firstAddress(subnet) ? "network" : "broadcast";
};

const range = (subnet: Cidr): string => `${addressAt(subnet, 2n)} to ${lastHost(subnet)}`;
