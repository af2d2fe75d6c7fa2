import {
  addressTextsOf,
  clashing,
  clientOf,
  destinationsOf,
  type FileNames,
  familyOfInstance,
  hasAddress,
  instancesOf,
  type LabDraft,
  methodOf,
  nameOf,
  networkAt,
  networkName,
  serversOf,
  servicesOf,
} from "./draft.ts";
import { type Family, familyOf, parseIp, parseSubnet } from "./ip.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule } from "./yaml/rules.ts";

/** The family of an address; undefined for a text that is none. */
function familyOfText(text: string | undefined): Family | undefined {
  const address = parseIp(text ?? "");
  return address && familyOf(address);
}

/** The lists in which each family comes once at most, with what an item is; texts that are no item yet are undefined. */
function listsByFamily(draft: LabDraft): [path: Path, what: string, families: (Family | undefined)[]][] {
  return [
    ...(draft.networks ?? []).map((network, index): [Path, string, (Family | undefined)[]] => [
      ["networks", index, "subnets"],
      "subnet in a network",
      (network?.subnets ?? []).map((text) => {
        const subnet = parseSubnet(text ?? "");
        return subnet && familyOf(subnet);
      }),
    ]),
    [["client", "addresses"], "address of the client", (draft.client?.addresses ?? []).map(familyOfText)],
  ];
}

const networkText = (draft: LabDraft, network: number): string => networkName(draft, network) ?? `networks[${network}]`;

/** The rules of IPv4 and IPv6 side by side, by the name that a problem carries. */
export const familyRules: Record<string, Rule<LabDraft, FileNames>> = {
  *"one-so-far"(draft) {
    for (const [path, what, families] of listsByFamily(draft)) {
      for (const { index, value, earlier } of clashing(families.map((family, at) => [at, family] as const))) {
        yield {
          path: [...path, index],
          expected: `one IPv${value} ${what} so far`,
          found: "a second one",
          remedy: "remove one of the two",
          other: [...path, earlier],
        };
      }
    }
  },

  *"ipv4-subnet-first"(draft) {
    for (const [index, network] of (draft.networks ?? []).entries()) {
      const subnet = parseSubnet(network?.subnets?.[0] ?? "");
      if (subnet && familyOf(subnet) === 6) {
        yield {
          path: ["networks", index, "subnets", 0],
          expected: "an IPv4 subnet first: SSH and packages go by IPv4",
          found: subnet,
          remedy: `write \`subnets: [172.25.254.0/24, ${subnet}]\``,
        };
      }
    }
  },

  *"ipv6-address-alone"(draft) {
    const hosts: [Path, readonly (string | undefined)[] | undefined][] = [
      ...serversOf(draft).map(({ index, server }): [Path, readonly (string | undefined)[] | undefined] => [
        ["servers", index, "addresses"],
        server.addresses,
      ]),
      [["client", "addresses"], draft.client?.addresses],
    ];
    for (const [path, texts] of hosts) {
      for (const [at, text] of (texts ?? []).entries()) {
        const address = parseIp(text ?? "");
        if (address === undefined || familyOf(address) === 4) continue;
        const network = networkAt(draft, address);
        if (network >= 0 && hasAddress(draft, texts, network, 4) === false) {
          yield {
            path: [...path, at],
            expected: `an IPv4 address in ${networkText(draft, network)} beside it`,
            found: `${address} alone`,
            remedy: `add one of ${draft.networks?.[network]?.subnets?.[0]}: SSH and packages go by IPv4`,
          };
        }
      }
    }
  },

  *"ipv6-service-of-another-kind"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      const vip = parseIp(service.vip ?? "");
      if (vip === undefined || familyOf(vip) === 4) continue;
      const method = methodOf(service);
      if (method?.ipv4Alone !== undefined) {
        yield {
          path: ["services", index, "forwarding"],
          expected: `dr for an IPv6 VIP, so far: with ${service.forwarding} ${method.ipv4Alone}`,
          found: `${service.forwarding}`,
          remedy: "leave it out for direct routing, or take an IPv4 VIP",
          other: ["services", index, "vip"],
        };
      }
      if (service.persistenceNetmask !== undefined) {
        yield {
          path: ["services", index, "persistenceNetmask"],
          atKey: true,
          expected: "no persistenceNetmask with an IPv6 VIP, so far: it is a part of an IPv4 address",
          found: "it",
          remedy: "remove it: each client stays by itself, or take an IPv4 VIP",
          other: ["services", index, "vip"],
        };
      }
      if (service.firewallMark !== undefined) {
        yield {
          path: ["services", index, "firewallMark"],
          atKey: true,
          expected: "no firewallMark with an IPv6 VIP, so far: the lab marks packets of IPv4 alone",
          found: "it",
          remedy: "remove it, with `morePorts`, or take an IPv4 VIP",
          other: ["services", index, "vip"],
        };
      }
    }
  },

  *"ipv6-service-out-of-reach"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      const vip = parseIp(service.vip ?? "");
      const network = vip === undefined || familyOf(vip) === 4 ? -1 : networkAt(draft, vip);
      if (network < 0) continue;
      const where = networkText(draft, network);
      const client = clientOf(draft);
      const isFront = client && networkAt(draft, client.address) === network;
      if (isFront && client.given && hasAddress(draft, draft.client?.addresses, network, 6) === false) {
        yield {
          path: ["client", "addresses"],
          expected: `an IPv6 address in ${where}, to ask for ${vip}`,
          found: `${client.addresses.join(" and ")} alone`,
          remedy: "add one, or leave `client` out",
          other: ["services", index, "vip"],
        };
      }
      const destinations = destinationsOf(draft, service).map(({ index: at }) => at);
      for (const { index: at, server } of serversOf(draft)) {
        const lacks =
          hasAddress(draft, server.addresses, network, 4) === true &&
          hasAddress(draft, server.addresses, network, 6) === false;
        if (lacks && (server.role === "director" || destinations.includes(at))) {
          yield {
            path: ["servers", at, "addresses"],
            expected:
              server.role === "director"
                ? `an IPv6 address in ${where}, where the director is to take ${vip}`
                : `an IPv6 address in ${where}: a real server is reached in the family of the VIP, ${vip}`,
            found: "none",
            remedy: `add one to ${nameOf(draft, at)}, such as one of ${draft.networks?.[network]?.subnets?.[1]}`,
            other: ["services", index, "vip"],
          };
        }
      }
    }
  },

  *"instance-of-two-families"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      const given = "addresses" in instance;
      const texts = addressTextsOf(draft, instance);
      const families = texts.map(familyOfText);
      const at = families.findIndex((family) => family !== undefined && family !== families.find(Boolean));
      if (at >= 0) {
        yield {
          path: given ? ["vrrp", index, "addresses", at] : ["vrrp", index],
          expected: "addresses of one family in an instance: it advertises over IPv4 or over IPv6",
          found: given
            ? `${texts[at]} beside ${texts[0]}`
            : `the VIPs of all services, ${texts.filter((text) => text !== undefined).join(" and ")}`,
          remedy:
            "give each family an instance of its own, with `addresses`; the same `syncGroup` in both keeps them together",
        };
      }
    }
  },

  *"version-2-over-ipv6"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      if (instance.version === 2 && familyOfInstance(draft, instance) === 6) {
        yield {
          path: ["vrrp", index, "version"],
          expected: "3 for IPv6 addresses: version 2 is of IPv4 alone (RFC 9568, section 1)",
          found: "2",
          remedy: "write `version: 3`, or leave it out",
        };
      }
    }
  },
};
