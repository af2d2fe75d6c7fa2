import { basename, extname } from "node:path";
import { formatAddress, parseSubnet } from "./ipv4.ts";
import { defaultClient, defaultExercise, gatewayOf, hasVrrp, type LabDraft, macOf, rules } from "./rules.ts";
import {
  type arpCures,
  defaultPassword,
  defaultPriority,
  type goals,
  type LabOutput,
  labSchema,
  type roles,
  type schedulers,
  type stages,
  type vrrpStates,
} from "./schema.ts";
import { parseFile, readText } from "./yaml/file.ts";
import { deepFreeze } from "./yaml/freeze.ts";
import { findingsOf } from "./yaml/rules.ts";

export { schedulers } from "./schema.ts";
export { FileError, formatFileError, type Problem } from "./yaml/problem.ts";

/** What the article builds up to. */
export type Goal = (typeof goals)[number];
export type Stage = (typeof stages)[number];
type Scheduler = (typeof schedulers)[number];
type ArpCure = (typeof arpCures)[number];
type VrrpState = (typeof vrrpStates)[number];

/** A lab as its file describes it, valid and complete: every default is filled in. Frozen through and through. */
export interface Lab {
  /** From `name:`, else from the file's name. */
  readonly name: string;
  readonly stage: Stage;
  /** What is to be made of a bare lab by hand: there in stage `bare` and in no other. `goalOf` tells it of any lab. */
  readonly exercise?: Goal;
  /** The family of the guests' operating system. */
  readonly os: LabOutput["os"];
  readonly network: {
    /** CIDR, `172.25.254.0/24`. */
    readonly subnet: string;
    /** In bits, the subnet's. */
    readonly prefixLength: number;
    /** The lab host's bridge, always the subnet's first address. */
    readonly gateway: string;
    /** Default: the subnet's last usable address less four, `.250` in a /24. */
    readonly client: string;
  };
  readonly service: {
    readonly vip: string;
    /** TCP. */
    readonly port: number;
    readonly scheduler: Scheduler;
    /** Seconds; not there: no persistence. */
    readonly persistenceTimeout?: number;
  };
  readonly arpCure: ArpCure;
  readonly image: {
    /** `baked`: the roles' packages are in the image, disabled; `plain`: they come over SSH. */
    readonly packages: "plain" | "baked";
    /** A cloud image to use instead of one that is built. */
    readonly url?: string;
  };
  /** MiB for a server that says nothing else. */
  readonly memory: number;
  /** keepalived's settings, in the file or the textbook's; used where the goal is ha. */
  readonly keepalived: {
    readonly virtualRouterId: number;
    readonly vrrpVersion: 2 | 3;
    /** Seconds between two advertisements: whole ones in version 2, hundredths in version 3. */
    readonly advertInterval: number;
    /** Simple authentication, up to eight characters: always there in version 2, never in version 3, which has none. */
    readonly password?: string;
    /** Seconds between two health checks. */
    readonly delayLoop: number;
    /** Seconds. */
    readonly connectTimeout: number;
    /** Seconds. */
    readonly delayBeforeRetry: number;
    /** Whether a director that returns with the higher priority takes the VIP back. */
    readonly preempt: boolean;
  };
  /** In the order of the file. */
  readonly servers: readonly Server[];
}

/** One virtual machine of the lab. */
export interface Server {
  /** An RFC 1123 label, in lower case. */
  readonly name: string;
  readonly address: string;
  /** In bits, the subnet's. */
  readonly prefixLength: number;
  /** Upper case: with lower case libvirt's provider sees a change on every `up`. */
  readonly mac: string;
  /** MiB. */
  readonly memory: number;
  readonly role: (typeof roles)[number];
  /** VRRP priority, 1 to 254: every director has one where the goal is ha, no other server. */
  readonly priority?: number;
  /** The VRRP state to start in; there where `priority` is. The highest priority is MASTER, unless the file says otherwise. */
  readonly state?: VrrpState;
  /** IPVS weight of a real server, 0 to 65535; 0 gets no new connections. */
  readonly weight: number;
  /** What a real server serves; default: its name and a newline. */
  readonly page: string;
}

/** What the lab is built up to; of a bare one, what it is to become by hand. */
export function goalOf({ stage, exercise }: Pick<Lab, "stage" | "exercise">): Goal {
  return stage === "bare" ? (exercise ?? defaultExercise) : stage;
}

/** The lab's directors in the order of the file. */
export function directors(lab: Lab): Server[] {
  return lab.servers.filter(({ role }) => role === "director");
}

/** The lab's real servers in the order of the file. */
export function realServers(lab: Lab): Server[] {
  return lab.servers.filter(({ role }) => role === "real-server");
}

/** The real servers that get new connections, those of a weight above 0, in the order of the file. */
export function poolOf(lab: Lab): Server[] {
  return realServers(lab).filter(({ weight }) => weight > 0);
}

/**
 * Whether a client's requests go to the pool strictly in turn. Only `rr` promises an order: that of `wrr` depends on weights, that of the
 * others on connections or addresses.
 */
export function goesInTurn({ service: { scheduler, persistenceTimeout } }: Lab): boolean {
  return scheduler === "rr" && persistenceTimeout === undefined;
}

/** Whether a single client's requests are shared out equally to the pool, by turns or by weights that are all the same. */
export function sharesAreEven(lab: Lab): boolean {
  const { scheduler, persistenceTimeout } = lab.service;
  const weights = new Set(poolOf(lab).map(({ weight }) => weight));
  const byWeight = ["wrr", "lc", "wlc"].includes(scheduler) && weights.size === 1;
  return persistenceTimeout === undefined && (scheduler === "rr" || byWeight);
}

/**
 * The lab that a lab file's text describes.
 * @param file the file's name, for messages and for the lab's default name
 * @throws FileError with everything that is wrong
 */
export function parseLab(text: string, file: string): Lab {
  const base = basename(file, extname(file));
  const { contents } = parseFile(text, file, {
    schema: labSchema,
    rules: (draft) => findingsOf(rules, draft as LabDraft, { base }),
  });
  return deepFreeze(complete(contents, base));
}

/**
 * The lab that a lab file describes.
 * @throws FileError with everything that is wrong, or that the file cannot be read
 */
export async function readLab(file: string): Promise<Lab> {
  const remedy = "check the path; the textbook's labs are labs/dr.yaml and labs/ha.yaml";
  return parseLab(await readText(file, "a lab file", remedy), file);
}

/** Fills in the defaults that depend on other properties. */
function complete(file: LabOutput, base: string): Lab {
  const subnet = parseSubnet(file.network.subnet);
  if (!subnet) {
    throw new Error(`the lab schema let ${file.network.subnet} pass as a subnet`);
  }
  return {
    ...file,
    name: file.name ?? base,
    ...(file.stage === "bare" ? { exercise: file.exercise ?? defaultExercise } : {}),
    network: {
      subnet: file.network.subnet,
      prefixLength: subnet.prefixLength,
      gateway: formatAddress(gatewayOf(subnet)),
      client: file.network.client ?? formatAddress(defaultClient(subnet)),
    },
    keepalived: {
      ...file.keepalived,
      ...(file.keepalived.vrrpVersion === 2 ? { password: file.keepalived.password ?? defaultPassword } : {}),
    },
    servers: file.servers.map((server) => ({
      name: server.name,
      address: server.address,
      prefixLength: subnet.prefixLength,
      mac: macOf(server),
      memory: server.memory ?? file.memory,
      role: server.role,
      ...vrrp(file, server),
      weight: server.weight ?? 1,
      page: server.page ?? `${server.name}\n`,
    })),
  };
}

/** A director's part in the election, in a stage that has one. */
function vrrp(file: LabOutput, server: LabOutput["servers"][number]): Pick<Server, "priority" | "state"> {
  if (!hasVrrp(file) || server.role !== "director") {
    return {};
  }
  const pair = file.servers.filter(({ role }) => role === "director");
  const priority = server.priority ?? defaultPriority;
  const highest = pair.every((other) => (other.priority ?? defaultPriority) <= priority);
  const taken = pair.some(({ state }) => state === "MASTER");
  // keepalived.conf(5), nopreempt: "the initial state must not be MASTER".
  const state = highest && !taken && file.keepalived.preempt ? "MASTER" : "BACKUP";
  return { priority, state: server.state ?? state };
}
