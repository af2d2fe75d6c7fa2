import {
  type FileNames,
  familyOfInstance,
  hasAddress,
  type InstanceDraft,
  instancesOf,
  type LabDraft,
  nameOf,
  networkAt,
  networkName,
  type ServerAt,
  serversOf,
} from "./draft.ts";
import { type Family, parseIp } from "./ip.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule } from "./yaml/rules.ts";

type BfdDraft = NonNullable<NonNullable<InstanceDraft["trackBfd"]>[number]>;

/** A tracked BFD session of which all is known. */
interface BfdAt {
  readonly path: Path;
  readonly instance: InstanceDraft;
  readonly item: BfdDraft;
  readonly neighbor: string;
  /** The place of the network; -1: the file names one that is not there. */
  readonly network: number;
  readonly family: Family;
}

function sessionsIn(draft: LabDraft): BfdAt[] {
  return instancesOf(draft).flatMap(([at, instance]) => {
    const family = familyOfInstance(draft, instance);
    const own = ownNetwork(draft, instance);
    return [...(instance.trackBfd ?? []).entries()].flatMap(([index, item]): BfdAt[] => {
      const values: unknown[] = Object.values(item ?? {});
      if (!item || values.includes(undefined) || item.neighbor === undefined || !family) return [];
      const { neighbor, network: name } = item;
      const network =
        name === undefined ? own : (draft.networks ?? []).findIndex((_, place) => networkName(draft, place) === name);
      if (network === undefined) return [];
      return [{ path: ["vrrp", at, "trackBfd", index], instance, item, neighbor, network, family }];
    });
  });
}

/** The place of the network that an instance advertises on; undefined while it is not known. */
function ownNetwork(draft: LabDraft, instance: InstanceDraft): number | undefined {
  const [text] = "addresses" in instance ? (instance.addresses ?? []) : [draft.services?.[0]?.vip];
  const address = parseIp(text ?? "");
  const place = address === undefined ? -1 : networkAt(draft, address);
  return place < 0 ? undefined : place;
}

const serverIn = (draft: LabDraft, name: string): ServerAt | undefined =>
  serversOf(draft).find(({ server }) => server.name === name);

/** A session as keepalived tells two apart: by its addresses. */
const sessionKey = ({ neighbor, network, family }: BfdAt): string => `${neighbor} ${network} ${family}`;

/** How a session is, its weight aside. */
const settingsOf = ({ item: { name = "", minTx = 100, minRx = 100, multiplier = 5 } }: BfdAt): string =>
  JSON.stringify([name, minTx, minRx, multiplier]);

/** The rules of BFD sessions, by the name that a problem carries. */
export const bfdRules: Record<string, Rule<LabDraft, FileNames>> = {
  *"bfd-neighbor"(draft) {
    const others = serversOf(draft).flatMap(({ server: { name, role } }) =>
      role === "real-server" && name !== undefined ? [name] : [],
    );
    for (const { path, neighbor } of sessionsIn(draft)) {
      const found = serverIn(draft, neighbor);
      if (found && (found.server.role === undefined || found.server.role === "real-server")) continue;
      yield {
        path: [...path, "neighbor"],
        expected: found
          ? "a server that is no director: when a session between two directors is down, neither knows which of them has failed, and both go to " +
            "FAULT, or lower their priorities alike (keepalived.conf(5), BFD configuration)"
          : "the name of a real server",
        found: found ? `${neighbor}, a director` : neighbor,
        remedy: others.length > 0 ? `choose one of ${others.join(", ")}` : "add a server with `role: real-server`",
      };
    }
  },

  *"bfd-network"(draft) {
    for (const { path, instance, item, neighbor, network, family } of sessionsIn(draft)) {
      if (network < 0) {
        const all = (draft.networks ?? []).flatMap((_, place) => networkName(draft, place) ?? []);
        yield {
          path: [...path, "network"],
          expected: "the name of a network",
          remedy: `choose one of ${all.join(", ")}, or leave it out`,
        };
        continue;
      }
      const where = networkName(draft, network) ?? `networks[${network}]`;
      for (const name of [neighbor, ...(instance.members ?? []).flatMap((each) => each?.server ?? [])]) {
        const found = serverIn(draft, name);
        if (!found || hasAddress(draft, found.server.addresses, network, family) !== false) continue;
        yield {
          path: [...path, item.network === undefined ? "neighbor" : "network"],
          expected: `a network on which the neighbour and every director of the instance have an IPv${family} address`,
          found: `${where}, where ${nameOf(draft, found.index)} has none`,
          remedy: `give ${nameOf(draft, found.index)} an address there, or write another \`network\``,
        };
      }
    }
  },

  *"bfd-session-of-two-kinds"(draft) {
    const all = sessionsIn(draft);
    for (const one of all) {
      const first = all.find((other) => sessionKey(other) === sessionKey(one));
      if (!first || first === one) continue;
      if (first.instance === one.instance) {
        yield {
          path: one.path,
          expected: "each tracked object once: keepalived ignores the second",
          found: "the same as before",
          remedy: "remove one of the two",
          other: first.path,
        };
      } else if (settingsOf(first) !== settingsOf(one)) {
        yield {
          path: one.path,
          expected:
            "the same `name`, `minTx`, `minRx` and `multiplier` wherever the session with this neighbour is tracked: keepalived takes one session with an address",
          found: "others",
          remedy: "write the same in both",
          other: first.path,
        };
      }
    }
  },

  *"bfd-name-of-two-sessions"(draft) {
    const all = sessionsIn(draft).filter(({ item }) => item.name !== undefined);
    for (const one of all) {
      const first = all.find((other) => other.item.name === one.item.name);
      if (first && sessionKey(first) !== sessionKey(one)) {
        yield {
          path: [...one.path, "name"],
          expected: "a name for each session",
          found: `${one.item.name} for another one`,
          remedy: "choose another name, or leave it out",
          other: [...first.path, "name"],
        };
      }
    }
  },
};
