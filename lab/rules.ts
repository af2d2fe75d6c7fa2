import {
  broadcast,
  contains,
  firstHost,
  formatAddress,
  formatSubnet,
  lastHost,
  parseAddress,
  parseSubnet,
  type Subnet,
} from "./ipv4.ts";
import { defaultPriority, type goals, type LabInput, labName, labNameExpected } from "./schema.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule, Statement } from "./yaml/rules.ts";

type ServerInput = LabInput["servers"][number];

/**
 * What is left of a lab file when all that is invalid in shape is taken away, so that rules can judge the rest. What was
 * taken away leaves its key with undefined: it has no value to judge, and no default either.
 */
export interface LabDraft extends Partial<Omit<LabInput, "network" | "service" | "servers">> {
  readonly network?: Partial<LabInput["network"]>;
  readonly service?: Partial<LabInput["service"]>;
  /** In file order, none left out: a server's place in the list is its path. */
  readonly servers?: readonly (Partial<ServerInput> | undefined)[];
}

/** What a lab file's own name says. */
interface FileNames {
  /** The file's name without directory and extension. */
  readonly base: string;
}

type Goal = (typeof goals)[number];

/** What a goal asks of a lab. A further one is one more row. */
const goalRules: Record<Goal, { directors: { min: number; max: number }; vrrp: boolean }> = {
  dr: { directors: { min: 1, max: 1 }, vrrp: false },
  ha: { directors: { min: 2, max: Number.POSITIVE_INFINITY }, vrrp: true },
};

/** The lab host's bridge: libvirt gives a network's bridge the first address. */
export const gatewayOf = (subnet: Subnet): number => firstHost(subnet);

/** The client's address where the file names none: out of the way of servers, who count from the start. */
export const defaultClient = (subnet: Subnet): number => lastHost(subnet) - 4;

/**
 * A server's MAC address. The default is QEMU's prefix, a byte of ours and the address's last two. Upper case, or
 * libvirt's provider sees a change on every `up`.
 */
export function macOf({ mac, address }: Pick<ServerInput, "mac" | "address">): string {
  const [third = "", fourth = ""] = address.split(".").slice(2);
  const hex = (octet: string) => Number(octet).toString(16).padStart(2, "0");
  return (mac ?? `52:54:00:fe:${hex(third)}:${hex(fourth)}`).toUpperCase();
}

/** What a bare lab is to become where its file does not say. */
export const defaultExercise: Goal = "dr";

/** What a lab is, or for a bare one is to become; undefined while the file does not say it rightly. */
export function goalOfDraft(draft: Pick<LabDraft, "stage" | "exercise">): Goal | undefined {
  if (draft.stage !== "bare") {
    return draft.stage;
  }
  return "exercise" in draft ? draft.exercise : defaultExercise;
}

/** Whether the directors of such a lab elect one of them. */
export function hasVrrp(draft: Pick<LabDraft, "stage" | "exercise">): boolean {
  const goal = goalOfDraft(draft);
  return goal !== undefined && goalRules[goal].vrrp;
}

/** The key by which a file says what its lab is, or is to become. */
const goalKey = ({ stage }: LabDraft): "stage" | "exercise" => (stage === "bare" ? "exercise" : "stage");

/** The rules that look at more than one property, by the name that a problem carries. */
export const rules: Record<string, Rule<LabDraft, FileNames>> = {
  *"lab-name"(draft, { base }) {
    if (!("name" in draft) && !labName.test(base)) {
      yield {
        path: ["name"],
        expected: `${labNameExpected}, which the file's name is not`,
        found: base,
        remedy: "give the lab a name, such as `name: ha`, or rename the file",
      };
    }
  },

  *"duplicate-name"(draft) {
    yield* twice(draft, "name");
  },

  *"duplicate-address"(draft) {
    yield* twice(draft, "address");
  },

  *"duplicate-mac"(draft) {
    const clashes = clashing(draft, macOfDraft);
    for (const { index, server, earlier } of clashes) {
      // Of two, the one to change is the one that was written: a default comes from the address.
      const at = server.mac === undefined ? earlier : index;
      const other = at === index ? earlier : index;
      yield {
        path: ["servers", at, "mac"],
        expected: "a MAC address that no other server has",
        found: `${macOfDraft(server)}, which ${nameOf(draft, other)} has`,
        remedy: "choose another, or leave it out: it then comes from the address",
        other: ["servers", other, draft.servers?.[other]?.mac === undefined ? "address" : "mac"],
      };
    }
  },

  *"outside-subnet"(draft) {
    const subnet = subnetOfDraft(draft);
    for (const { path, address, text } of subnet ? addresses(draft) : []) {
      if (subnet && !contains(subnet, address)) {
        yield {
          path,
          expected: `an address in network.subnet, ${formatSubnet(subnet)}`,
          found: text,
          remedy: `choose one from ${formatAddress(firstHost(subnet) + 1)} to ${formatAddress(lastHost(subnet))}`,
          other: ["network", "subnet"],
        };
      }
    }
  },

  *"not-a-host-address"(draft) {
    const subnet = subnetOfDraft(draft);
    for (const { path, address, text } of subnet ? addresses(draft) : []) {
      if (subnet && (address === subnet.network || address === broadcast(subnet))) {
        yield {
          path,
          expected: "an address that a host may have",
          found: `${text}, the subnet's ${address === subnet.network ? "network" : "broadcast"} address`,
          remedy: `choose one from ${formatAddress(firstHost(subnet) + 1)} to ${formatAddress(lastHost(subnet))}`,
        };
      }
    }
  },

  *"gateway-address"(draft) {
    const subnet = subnetOfDraft(draft);
    for (const { path, address, text } of subnet ? addresses(draft) : []) {
      if (subnet && address === gatewayOf(subnet)) {
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
      if (client && address === client.address && path[0] !== "network") {
        yield {
          path,
          expected: "an address of its own",
          found: `${text}, the client's${client.given ? "" : " unless network.client says otherwise"}`,
          remedy: `choose another address here, or ${client.given ? "another" : "one"} for network.client`,
          ...(client.given && { other: ["network", "client"] }),
        };
      }
    }
  },

  *"vip-of-a-server"(draft) {
    const vip = draft.service?.vip;
    const index = (draft.servers ?? []).findIndex((server) => server?.address !== undefined && server.address === vip);
    if (vip !== undefined && index >= 0) {
      yield {
        path: ["service", "vip"],
        expected: "an address that no host has of its own",
        found: `${vip}, which ${nameOf(draft, index)} has`,
        remedy: "choose a free address of the subnet: the director takes it beside its own",
        other: ["servers", index, "address"],
      };
    }
  },

  *"image-of-two-kinds"(draft) {
    if (draft.image?.url !== undefined && draft.image.packages === "baked") {
      yield {
        path: ["image", "url"],
        atKey: true,
        expected: "no url with `packages: baked`, which is an image that is built",
        remedy: "remove one of the two: packages reach a cloud image over SSH",
        other: ["image", "packages"],
      };
    }
  },

  *"exercise-of-no-bare-lab"(draft) {
    if (draft.exercise !== undefined && draft.stage !== undefined && draft.stage !== "bare") {
      yield {
        path: ["exercise"],
        atKey: true,
        expected: `no exercise in stage ${draft.stage}, which is built and leaves nothing to do by hand`,
        found: "it",
        remedy: "remove it, or set `stage: bare`",
        other: ["stage"],
      };
    }
  },

  *"baked-bare-lab"(draft) {
    if (draft.stage === "bare" && draft.image?.packages === "baked") {
      yield {
        path: ["image", "packages"],
        expected: "plain in stage bare: to install the packages is part of the exercise",
        remedy: "write `packages: plain`, or leave it out",
        other: ["stage"],
      };
    }
  },

  *directors(draft) {
    const names = withRole(draft, "director");
    const goal = goalOfDraft(draft);
    if (goal === undefined || names === undefined) {
      return;
    }
    const { min, max } = goalRules[goal].directors;
    if (names.length < min || names.length > max) {
      yield {
        path: ["servers"],
        expected: `${max === min ? `exactly ${min}` : `${min} or more`} with \`role: director\` in ${goalKey(draft)} ${goal}`,
        found: names.length === 0 ? "none" : `${names.length}: ${names.join(", ")}`,
        remedy:
          names.length < min ? "give one more server `role: director`" : `keep one, or set \`${goalKey(draft)}: ha\``,
      };
    }
  },

  *"real-servers"(draft) {
    if (withRole(draft, "real-server")?.length === 0) {
      yield {
        path: ["servers"],
        expected: "1 or more with `role: real-server`",
        found: "none",
        remedy: "add a server with `role: real-server`; the textbook has two, so that balancing is seen",
      };
    }
  },

  *"no-weight"(draft) {
    const weights = serversOf(draft).filter(({ server }) => server.role === "real-server");
    const [first] = weights;
    if (first && weights.every(({ server }) => server.weight === 0)) {
      yield {
        path: ["servers", first.index, "weight"],
        expected: "a weight above 0 on one real server at least: a weight of 0 gets no new connections",
        found: "0 on all of them",
        remedy: "write `weight: 1`, or leave it out",
      };
    }
  },

  *"property-of-other-role"(draft) {
    for (const { index, server } of serversOf(draft)) {
      const foreign = server.role === "director" ? realServerKeys : server.role === undefined ? [] : directorKeys;
      for (const key of foreign.filter((name) => server[name] !== undefined)) {
        yield {
          path: ["servers", index, key],
          atKey: true,
          expected: `${key} on a ${server.role === "director" ? "real server" : "director"} only`,
          found: `it on ${nameOf(draft, index)}, a ${server.role === "director" ? "director" : "real server"}`,
          remedy: `remove it or change the role: ${about[key]}`,
        };
      }
    }
  },

  *"property-of-other-stage"(draft) {
    const goal = goalOfDraft(draft);
    if (goal === undefined || hasVrrp(draft)) {
      return;
    }
    const onDirectors = serversOf(draft)
      .filter(({ server }) => server.role === "director")
      .flatMap(({ index, server }) =>
        directorKeys.filter((key) => server[key] !== undefined).map((key) => ["servers", index, key]),
      );
    const paths: Path[] = draft.keepalived === undefined ? onDirectors : [["keepalived"], ...onDirectors];
    for (const path of paths) {
      yield {
        path,
        atKey: true,
        expected: `no ${String(path.at(-1))} in ${goalKey(draft)} ${goal}, which has no keepalived`,
        found: "it",
        remedy: `remove it, or set \`${goalKey(draft)}: ha\``,
        other: [draft.exercise === undefined ? "stage" : goalKey(draft)],
      };
    }
  },

  *"advert-interval"({ keepalived = {} }) {
    const { vrrpVersion = "vrrpVersion" in keepalived ? undefined : 2, advertInterval: seconds } = keepalived;
    if (seconds === undefined) {
      return;
    }
    if (vrrpVersion === 2 && !Number.isInteger(seconds)) {
      yield {
        path: ["keepalived", "advertInterval"],
        expected: "a whole number of seconds from 1 to 255 in VRRP version 2 (RFC 3768, section 5.3.7)",
        found: String(seconds),
        remedy: "write `advertInterval: 1`, or `vrrpVersion: 3` beside it",
      };
    }
    // By its text: 0.07 * 100 is not 7.
    if (vrrpVersion === 3 && !(seconds <= 40.95 && /^\d+(\.\d{1,2})?$/.test(String(seconds)))) {
      yield {
        path: ["keepalived", "advertInterval"],
        expected: "hundredths of a second up to 40.95 in VRRP version 3 (RFC 9568, section 5.2.7)",
        found: String(seconds),
        remedy: "write `advertInterval: 0.1`",
        other: ["keepalived", "vrrpVersion"],
      };
    }
  },

  *"password-without-authentication"({ keepalived = {} }) {
    if (keepalived.vrrpVersion === 3 && keepalived.password !== undefined) {
      yield {
        path: ["keepalived", "password"],
        atKey: true,
        expected: "no password in VRRP version 3, which has no authentication (RFC 9568, section 9)",
        found: "it",
        remedy: "remove it, or write `vrrpVersion: 2`",
        other: ["keepalived", "vrrpVersion"],
      };
    }
  },

  *"equal-priorities"(draft) {
    for (const { index, server, earlier } of hasVrrp(draft) ? clashing(draft, vrrpPriority) : []) {
      // The one that was left to the default is the one to complete, so it is where the problem is shown.
      const at = draft.servers?.[earlier]?.priority === undefined ? earlier : index;
      const other = at === index ? earlier : index;
      const given = draft.servers?.[at]?.priority === undefined ? ", the default" : "";
      yield {
        path: ["servers", at, "priority"],
        expected: "a priority that no other director has",
        found: `${vrrpPriority(server)}${given}, which ${nameOf(draft, other)} has`,
        remedy: "give the director that is to hold the VIP the higher one; the textbook's are 100 and 50",
        other: ["servers", other, "priority"],
      };
    }
  },

  *"more-than-one-master"(draft) {
    const [first, ...more] = masters(draft);
    for (const { index } of first ? more : []) {
      yield {
        path: ["servers", index, "state"],
        expected: "one director with `state: MASTER`",
        found: `MASTER, which ${nameOf(draft, first?.index ?? 0)} is`,
        remedy: "write `state: BACKUP`, or leave it out: the highest priority decides",
        other: ["servers", first?.index ?? 0, "state"],
      };
    }
  },

  *"master-without-preemption"(draft) {
    for (const { index } of draft.keepalived?.preempt === false ? masters(draft) : []) {
      yield {
        path: ["servers", index, "state"],
        expected: "BACKUP on every director with `preempt: false` (keepalived.conf(5), nopreempt)",
        remedy: "write `state: BACKUP`, or leave it out",
        other: ["keepalived", "preempt"],
      };
    }
  },
};

const directorKeys = ["priority", "state"] as const;
const realServerKeys = ["weight", "page"] as const;

const about: Record<(typeof directorKeys | typeof realServerKeys)[number], string> = {
  priority: "VRRP elects a director by it",
  state: "VRRP starts a director in it",
  weight: "a director sends a real server its share by it",
  page: "real servers serve it",
};

interface ServerAt {
  readonly index: number;
  readonly server: Partial<ServerInput>;
}

const serversOf = (draft: LabDraft): ServerAt[] =>
  (draft.servers ?? []).flatMap((server, index) => (server ? [{ index, server }] : []));

const nameOf = (draft: LabDraft, index: number): string => draft.servers?.[index]?.name ?? `servers[${index}]`;

/** Servers for which an earlier one has the same value; those without a value are passed over. */
function clashing(draft: LabDraft, read: (server: Partial<ServerInput>) => string | number | undefined) {
  const firsts = new Map<string | number, number>();
  return serversOf(draft).flatMap(({ index, server }) => {
    const value = read(server);
    const earlier = value === undefined ? undefined : firsts.get(value);
    if (value !== undefined && earlier === undefined) {
      firsts.set(value, index);
    }
    return earlier === undefined ? [] : [{ index, server, earlier }];
  });
}

function* twice(draft: LabDraft, key: "name" | "address"): Generator<Statement> {
  for (const { index, server, earlier } of clashing(draft, (each) => each[key])) {
    yield {
      path: ["servers", index, key],
      expected: `${key === "name" ? "a name" : "an address"} that no other server has`,
      found: `${server[key]}, which ${key === "name" ? `servers[${earlier}]` : nameOf(draft, earlier)} has`,
      remedy: `choose another ${key}`,
      other: ["servers", earlier, key],
    };
  }
}

function macOfDraft(server: Partial<ServerInput>): string | undefined {
  const { mac, address } = server;
  return "mac" in server || address === undefined ? mac?.toUpperCase() : macOf({ address });
}

const subnetOfDraft = (draft: LabDraft): Subnet | undefined => parseSubnet(draft.network?.subnet ?? "");

/** The client's address, and whether the file gives it. */
function clientOf(draft: LabDraft): { address: number; given: boolean } | undefined {
  const { network } = draft;
  const given = network !== undefined && "client" in network;
  const subnet = subnetOfDraft(draft);
  const address = given ? parseAddress(network.client ?? "") : subnet && defaultClient(subnet);
  return address === undefined ? undefined : { address, given };
}

/** Every address that the file gives, with its path. */
function addresses(draft: LabDraft): { path: Path; address: number; text: string }[] {
  const given: [Path, string | undefined][] = [
    [["network", "client"], draft.network?.client],
    [["service", "vip"], draft.service?.vip],
    ...serversOf(draft).map(({ index, server }): [Path, string | undefined] => [
      ["servers", index, "address"],
      server.address,
    ]),
  ];
  return given.flatMap(([path, text]) => {
    const address = parseAddress(text ?? "");
    return text === undefined || address === undefined ? [] : [{ path, address, text }];
  });
}

/** Names of the servers with a role; undefined while some server's role is not known, for then nobody can count. */
function withRole(draft: LabDraft, role: ServerInput["role"]): string[] | undefined {
  const servers = draft.servers;
  if (!servers?.every((server) => server?.role !== undefined)) {
    return undefined;
  }
  return serversOf(draft)
    .filter(({ server }) => server.role === role)
    .map(({ index }) => nameOf(draft, index));
}

function vrrpPriority(server: Partial<ServerInput>): number | undefined {
  if (server.role !== "director") {
    return undefined;
  }
  return "priority" in server ? server.priority : defaultPriority;
}

const masters = (draft: LabDraft): ServerAt[] =>
  hasVrrp(draft)
    ? serversOf(draft).filter(({ server }) => server.role === "director" && server.state === "MASTER")
    : [];
