import { wordsOf } from "./command.ts";
import {
  addressTextsOf,
  type FileNames,
  type InstanceDraft,
  instancesOf,
  type LabDraft,
  masters,
  priorityOf,
} from "./draft.ts";
import { contains, familyOf, parseIp, parseSubnet } from "./ip.ts";
import { definitionOf } from "./vrrp-extras.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule } from "./yaml/rules.ts";

/** The lists of what an instance tracks. */
const lists = ["trackInterfaces", "trackScripts", "trackProcesses", "trackBfd"] as const;

/** A tracked object, with its place. */
interface TrackedAt {
  readonly path: Path;
  /** Undefined while it is not known. */
  readonly weight: number | undefined;
}

const trackedIn = (at: number, instance: InstanceDraft): TrackedAt[] =>
  lists.flatMap((list) =>
    [...(instance[list] ?? []).entries()].flatMap(([index, one]) =>
      one ? [{ path: ["vrrp", at, list, index], weight: "weight" in one ? one.weight : 0 }] : [],
    ),
  );

/** The instances of each sync group, with their places, by its name. */
function syncGroups(draft: LabDraft): Map<string, [number, InstanceDraft][]> {
  const groups = new Map<string, [number, InstanceDraft][]>();
  for (const [at, instance] of instancesOf(draft))
    if (instance.syncGroup !== undefined)
      groups.set(instance.syncGroup, [...(groups.get(instance.syncGroup) ?? []), [at, instance]]);
  return groups;
}

/** The member of the highest priority; undefined while it is not known. */
function electedIn({ members = [] }: InstanceDraft): string | undefined {
  const known = members.flatMap((each) => {
    const priority = each && priorityOf(each);
    return each?.server === undefined || priority === undefined ? [] : [{ server: each.server, priority }];
  });
  if (known.length < members.length) return undefined;
  return known.toSorted((one, other) => other.priority - one.priority)[0]?.server;
}

/**
 * Addresses of an advertisement: the field that counts them has eight bits (RFC 9568, section 5.2.5), and IPv6 addresses must fit into a frame, the
 * link-local one among them (vrrp_complete_instance in keepalived's vrrp.c).
 */
const mostAddresses = { ipv4: 255, ipv6: 88 };

const preemptOf = (instance: InstanceDraft): boolean | undefined => ("preempt" in instance ? instance.preempt : true);

/** Rules about what keepalived 2.2.7 ignores, or changes, or does without with no more than a line in its log. */
export const vrrpRules: Record<string, Rule<LabDraft, FileNames>> = {
  *"preempt-delay-without-preemption"(draft) {
    for (const [at, { preempt, preemptDelay = 0 }] of instancesOf(draft)) {
      if (preempt === false && preemptDelay > 0) {
        yield {
          path: ["vrrp", at, "preemptDelay"],
          atKey: true,
          expected:
            "no preemptDelay with `preempt: false`, where no director preempts (keepalived.conf(5), preempt_delay)",
          found: "it",
          remedy: "remove one of the two",
          other: ["vrrp", at, "preempt"],
        };
      }
    }
  },

  *"master-with-preempt-delay"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      for (const index of (instance.preemptDelay ?? 0) > 0 ? masters(instance) : []) {
        yield {
          path: ["vrrp", at, "members", index, "state"],
          expected:
            "BACKUP on every director with a `preemptDelay`, which one that begins as MASTER ignores (keepalived.conf(5), preempt_delay)",
          remedy: "write `state: BACKUP`, or leave it out",
          other: ["vrrp", at, "preemptDelay"],
        };
      }
    }
  },

  *"master-in-sync-group"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      for (const index of instance.syncGroup === undefined ? [] : masters(instance)) {
        yield {
          path: ["vrrp", at, "members", index, "state"],
          expected: "BACKUP on every director in a sync group: keepalived ignores MASTER there",
          remedy: "write `state: BACKUP`, or leave it out: the highest priority decides",
          other: ["vrrp", at, "syncGroup"],
        };
      }
    }
  },

  *"addresses-beyond-an-advertisement"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      const given = "addresses" in instance;
      const addresses = new Set(addressTextsOf(draft, instance).flatMap((text) => parseIp(text ?? "") ?? []));
      const [first] = addresses;
      const most = first !== undefined && familyOf(first) === 6 ? mostAddresses.ipv6 : mostAddresses.ipv4;
      if (addresses.size > most) {
        yield {
          path: given ? ["vrrp", at, "addresses"] : ["vrrp", at],
          expected: `at most ${most} addresses, for which an advertisement has room: keepalived advertises no more`,
          found: `${addresses.size}`,
          remedy: "give the rest an instance of their own, with another `id`",
        };
      }
    }
  },

  *"second-connection-sync"(draft) {
    const [first, ...more] = instancesOf(draft).filter(([, { connectionSync }]) => connectionSync === true);
    for (const [at] of first ? more : []) {
      yield {
        path: ["vrrp", at, "connectionSync"],
        atKey: true,
        expected:
          "it in one instance alone: a director has one sync daemon, which follows one instance (keepalived.conf(5), lvs_sync_daemon)",
        found: "a second one",
        remedy: "remove one of the two",
        other: ["vrrp", first?.[0] ?? at, "connectionSync"],
      };
    }
  },

  *"connection-sync-of-some"(draft) {
    const all = instancesOf(draft);
    for (const [at, { connectionSync, syncGroup }] of all) {
      const alone = all.find(
        ([other, each]) => other !== at && (syncGroup === undefined || each.syncGroup !== syncGroup),
      );
      if (connectionSync !== true || !alone) continue;
      yield {
        path: ["vrrp", at, "connectionSync"],
        atKey: true,
        expected:
          "it where all instances are in one sync group: the sync daemon sends on the master of this instance alone, not on that of another",
        found: "an instance whose master may be another director",
        remedy: "write the same `syncGroup` in every instance, or remove `connectionSync`",
        other: ["vrrp", alone[0]],
      };
    }
  },

  *"lone-sync-group"(draft) {
    for (const [name, [first, ...more]] of syncGroups(draft)) {
      if (first && more.length === 0) {
        yield {
          path: ["vrrp", first[0], "syncGroup"],
          expected: "a sync group of two instances or more",
          found: `${name} in this one alone`,
          remedy: "write the same `syncGroup` in another instance, or remove it",
        };
      }
    }
  },

  *"sync-group-of-two-masters"(draft) {
    for (const [name, [first, ...more]] of syncGroups(draft)) {
      const wanted = first && electedIn(first[1]);
      for (const [at, instance] of more) {
        const elected = electedIn(instance);
        if (first && wanted !== undefined && elected !== undefined && elected !== wanted) {
          yield {
            path: ["vrrp", at, "members"],
            expected: `the highest priority on ${wanted}, as in the other instances of ${name}: only a director that may be master of all of them becomes it (keepalived.conf(5), VRRP synchronization groups)`,
            found: `it on ${elected}`,
            remedy: "give the same director the highest priority in each, or remove `syncGroup`",
            other: ["vrrp", first[0], "members"],
          };
        }
      }
    }
  },

  *"sync-group-with-and-without-preemption"(draft) {
    for (const [name, [first, ...more]] of syncGroups(draft)) {
      const wanted = first && preemptOf(first[1]);
      for (const [at, instance] of more) {
        const preempt = preemptOf(instance);
        if (first && wanted !== undefined && preempt !== undefined && preempt !== wanted) {
          yield {
            path: ["vrrp", at, "preempt"],
            expected: `${wanted}, as in the other instances of ${name}: one that does not preempt holds back all of them`,
            found: String(preempt),
            remedy: "write the same in each",
            other: ["vrrp", first[0], "syncGroup"],
          };
        }
      }
    }
  },

  *"weight-in-sync-group"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      if (instance.syncGroup === undefined) continue;
      for (const { path, weight } of trackedIn(at, instance)) {
        if (weight !== undefined && weight !== 0) {
          yield {
            path: [...path, "weight"],
            expected:
              "no weight in a sync group: keepalived drops a script that has one, and takes an interface's for 0",
            remedy: "leave it out: a failure then puts all instances of the group into FAULT",
            other: ["vrrp", at, "syncGroup"],
          };
        }
      }
    }
  },

  *"weights-beyond-priority"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      const weights = trackedIn(at, instance).map(({ weight }) => weight);
      if (instance.syncGroup !== undefined || weights.includes(undefined)) continue;
      const sum = (sign: number) =>
        weights.reduce<number>((total, weight = 0) => (weight * sign > 0 ? total + weight : total), 0);
      const members = [...(instance.members ?? []).entries()].flatMap(([index, each]) => {
        const priority = each && priorityOf(each);
        return priority === undefined ? [] : [{ index, name: each?.server ?? `members[${index}]`, priority }];
      });
      for (const { index, priority } of members) {
        if (priority + sum(1) > 254) {
          yield {
            path: ["vrrp", at, "members", index, "priority"],
            expected: "a priority that stays below 255 while all is well: keepalived cuts it off at 254",
            found: `${priority}, which becomes ${priority + sum(1)}`,
            remedy: "make the weights or the priority smaller",
            other: ["vrrp", at],
          };
        }
      }
      // One that is cut off is still the lowest; of two, the addresses would decide.
      const [first, second] = members
        .filter(({ priority }) => priority + sum(-1) <= 1)
        .toSorted((one, other) => one.priority - other.priority);
      if (first && second && first.priority + sum(-1) < 1) {
        yield {
          path: ["vrrp", at, "members", first.index, "priority"],
          expected: `a priority that differs from that of ${second.name} also if all fails on both: keepalived cuts both off at 1`,
          found: `${first.priority}, which becomes ${first.priority + sum(-1)}, as ${second.priority} becomes ${second.priority + sum(-1)}`,
          remedy: "make the weights smaller, or the priorities higher",
          other: ["vrrp", at, "members", second.index, "priority"],
        };
      }
    }
  },

  *"tracked-twice"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      const interfaces = [...(instance.trackInterfaces ?? []).entries()].map(([index, one]) => ({
        path: ["vrrp", at, "trackInterfaces", index],
        what: one?.network,
      }));
      const named = blocksIn(at, instance).map(({ path, definition }) => ({ path, what: definition }));
      for (const { path, what } of [...interfaces, ...named]) {
        const first = [...interfaces, ...named].find((one) => what !== undefined && one.what === what);
        if (first && first.path !== path) {
          yield {
            path,
            expected: "each tracked object once: keepalived ignores the second",
            found: "the same as before",
            remedy: "remove one of the two",
            other: first.path,
          };
        }
      }
    }
  },

  *"name-of-two-tracked-objects"(draft) {
    const blocks = instancesOf(draft).flatMap(([at, instance]) => blocksIn(at, instance));
    for (const { path, list, name, definition } of blocks) {
      const first = blocks.find((one) => name !== undefined && one.list === list && one.name === name);
      if (first && first.definition !== undefined && definition !== undefined && first.definition !== definition) {
        yield {
          path: [...path, "name"],
          expected: "a name for each, or the same command, times and counts",
          found: `${name} for another one`,
          remedy: "choose another name, or leave it out",
          other: [...first.path, "name"],
        };
      }
    }
  },

  *"timeout-beyond-interval"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      for (const [index, script] of (instance.trackScripts ?? []).entries()) {
        const interval = script && ("interval" in script ? script.interval : 1);
        if (script?.timeout !== undefined && interval !== undefined && script.timeout > interval) {
          yield {
            path: ["vrrp", at, "trackScripts", index, "timeout"],
            expected: `at most the interval, ${interval} s: keepalived 2.2.7 starts the next run while this one lasts`,
            found: String(script.timeout),
            remedy: `write \`timeout: ${interval}\`, or a longer interval`,
            ...("interval" in script ? { other: ["vrrp", at, "trackScripts", index, "interval"] } : {}),
          };
        }
      }
    }
  },

  *"tracked-network"(draft) {
    const networks = (draft.networks ?? []).map((each) => (each && "name" in each ? each.name : "segment"));
    for (const [at, instance] of instancesOf(draft)) {
      const own = networks[networkOf(draft, ownAddress(draft, instance)) ?? -1];
      for (const [index, one] of (instance.trackInterfaces ?? []).entries()) {
        if (!one) continue;
        const { network } = one;
        // An item that is wrong in itself is judged once it is right.
        if (network === undefined || ("weight" in one && one.weight === undefined) || networks.includes(undefined))
          continue;
        const place = { path: ["vrrp", at, "trackInterfaces", index, "network"] };
        const others = networks.filter((name) => name !== own);
        const remedy =
          others.length > 0 ? `choose one of ${others.join(", ")}` : "remove it: the lab has no other network";
        if (!networks.includes(network)) {
          yield { ...place, expected: "the name of a network", remedy };
        } else if (network === own) {
          yield {
            ...place,
            expected: "another network than the instance's own, whose interface keepalived tracks in any case",
            remedy,
          };
        } else {
          for (const name of membersOutside(draft, instance, networks.indexOf(network)))
            yield {
              ...place,
              expected: "a network that every director of the instance is on",
              found: `${network}, where ${name} has no address`,
              remedy: `give ${name} an address there, or remove this`,
            };
        }
      }
    }
  },
};

/** A tracked script or process: a block of keepalived.conf. */
interface BlockAt {
  readonly path: Path;
  readonly list: "trackScripts" | "trackProcesses";
  readonly name: string | undefined;
  /** All that makes it what it is; undefined while it is not known. */
  readonly definition: string | undefined;
}

function blocksIn(at: number, instance: InstanceDraft): BlockAt[] {
  const block = (list: BlockAt["list"], index: number, one: object | undefined, name?: string): BlockAt[] => {
    if (!one) return [];
    const known = !Object.values(one).includes(undefined);
    return [
      { path: ["vrrp", at, list, index], list, name, definition: known ? `${list} ${definitionOf(one)}` : undefined },
    ];
  };
  return [
    ...[...(instance.trackScripts ?? []).entries()].flatMap(([index, one]) => {
      if (!one) return [];
      const { command, interval = 1 } = one;
      const words = command === undefined ? undefined : wordsIn(command);
      return block(
        "trackScripts",
        index,
        { fall: 1, rise: 1, timeout: interval, ...one, interval, command: words },
        one.name,
      );
    }),
    ...[...(instance.trackProcesses ?? []).entries()].flatMap(([index, one]) =>
      block("trackProcesses", index, one && { quorum: 1, delay: 0, ...one }, one?.name),
    ),
  ];
}

/** Undefined while one of them is not known. */
function wordsIn(command: string | readonly (string | undefined)[]): readonly string[] | undefined {
  if (typeof command === "string") return wordsOf(command);
  const words = command.flatMap((word) => word ?? []);
  return words.length === command.length ? words : undefined;
}

/** An address of the instance: its first, or the first VIP where it has them all. */
const ownAddress = (draft: LabDraft, instance: InstanceDraft): string | undefined =>
  "addresses" in instance ? instance.addresses?.[0] : draft.services?.[0]?.vip;

/** The place of the network that an address lies in. */
function networkOf(draft: LabDraft, text: string | undefined): number | undefined {
  const address = parseIp(text ?? "");
  const index = (draft.networks ?? []).findIndex((network) =>
    network?.subnets?.some((one) => {
      const subnet = parseSubnet(one ?? "");
      return subnet && address && contains(subnet, address);
    }),
  );
  return index < 0 ? undefined : index;
}

/** The members of an instance that have no address in a network. */
const membersOutside = (draft: LabDraft, instance: InstanceDraft, network: number): string[] =>
  (instance.members ?? []).flatMap((each) => {
    const server = draft.servers?.find((one) => one?.name !== undefined && one.name === each?.server);
    if (!server?.addresses || server.addresses.includes(undefined)) return [];
    const there = server.addresses.some((text) => networkOf(draft, text) === network);
    return there || server.name === undefined ? [] : [server.name];
  });
