import fc from "fast-check";
import { isCommonToPcre } from "../../lab/health-checks/expression.ts";
import { type Forwarding, forwardingMethods, protocols, schedulers, subnetOf, toIp } from "../../lab/index.ts";
import { schedulingMethods } from "../../lab/schedulers/index.ts";
import type { LabInput } from "../../lab/schema.ts";

/*
 * Lab files with keepalived in control, at random, with everything that reaches keepalived.conf. A plan is drawn, of choices that do not depend on one
 * another, and a file made from it by the rules between properties. So nearly every plan is a valid file, and a smaller plan a smaller file.
 */

type Service = NonNullable<LabInput["services"]>[number];
type Instance = NonNullable<LabInput["vrrp"]>[number];
type Check = NonNullable<Service["healthCheck"]>;
type Family = "4" | "6";

/** A property that is there or not. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** A whole number, often one of its ends. */
const whole = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }), fc.integer({ min, max: Math.min(max, min + 9) }));

const flag = fc.boolean();

/** Characters of a word of a command, those that keepalived's parser or a shell may take for something else among them. */
const wordCharacters = [..."abz019 '\\!#$~@;&|<>()[]*?=%^`,.:/_+-", "é", "\u00a0", "日"];

/** Texts that mean something in other places of a keepalived.conf. */
const lookalikes = [
  ...[
    "~SEQ(x,1,3)",
    "~LST(x,1,2)",
    "$HOME",
    "@host",
    "include",
    "!",
    "#",
    "'",
    "\\",
    "''",
    "\\\\",
    "a b",
    "weight",
    "$",
    "",
  ],
];

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...wordCharacters), minLength: 1, maxLength: 12 }),
  fc.constantFrom(...lookalikes),
  fc.stringMatching(/^[a-z0-9/.=-]{1,8}$/),
);

/** Programs that do nothing to anybody, whatever their arguments: keepalived may run them. No links: it names what they lead to. */
const programs = ["/usr/bin/true", "/usr/bin/test", "/usr/bin/printf", "/usr/bin/echo"];

const isCommand = (text: string): boolean =>
  text.replaceAll("{address}", "_".repeat(39)).replaceAll("{port}", "65535").length <= 240 && !text.includes("$_");

/** A command; `places` are what may stand in its words in braces. */
const command = (places: readonly string[] = []): fc.Arbitrary<string | string[]> => {
  const argument =
    places.length === 0 ? word : fc.oneof(word, fc.constantFrom(...places, `http://${places.join(":")}/`));
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...programs), fc.array(argument, { maxLength: 4 }))
      .map(([program, words]) => [program, ...words])
      .filter((words) => isCommand(words.join(" ")) && words.every(isCommand)),
    fc
      .tuple(fc.constantFrom(...programs), fc.array(argument, { maxLength: 4 }))
      .map((words) => words.flat().join(" ").replace(/['\\]/g, "-"))
      .filter(isCommand),
    // As long as it may be, of characters that are quoted.
    fc.constantFrom("'", "\\", " ", "é").map((one) => ["/usr/bin/true", one.repeat(200)]),
    ...(places.length === 0 ? [] : [fc.constantFrom(...places).map((one) => ["/usr/bin/true", one.repeat(5)])]),
  );
};

/** Names, among them keywords of the blocks that they stand in. */
const name = fc.oneof(
  fc.stringMatching(/^\w{1,20}$/),
  fc.constantFrom(
    "weight",
    "group",
    "id",
    "inst",
    "interface",
    "reverse",
    "no_weight",
    "state",
    "script",
    "user",
    "0",
    "1e3",
    "_",
  ),
);

/** Expressions that match every page below, before its end. */
const pageExpressions = [
  ...["^server", "r \\w+\\d A", "(server|client)", "[^!#]erver", "ser.e{1}r", "\\$HOME", "\\\\$", "'", "!", "#"],
  ...["~SEQ", "x{2}", "x\\{2\\}", "\\x41", "(?<word>server)", "(?=er)er", "(?<=s)e", "v{0,}e", "\\bA\\b", "a|"],
];

const page = (server: string): string => `server ${server} A x{2} xx $HOME ~SEQ(x,1,3) ! # ' \\\n`;

/** Expressions that a lab file takes: PCRE2 is to compile each. */
const expression = fc
  .oneof(
    fc.constantFrom(...pageExpressions),
    fc.string({ unit: fc.constantFrom(..."ab019 \\.^$*+?()[]{}|,-!#'~=<:dwbsuxpkQEKNcg"), minLength: 1, maxLength: 8 }),
  )
  .filter(isExpression);

function isExpression(text: string): boolean {
  try {
    return new RegExp(text, "m") !== undefined && isCommonToPcre(text) && !text.includes("$_");
  } catch {
    return false;
  }
}

/** A path of all characters that there may be, among them what keepalived.conf takes for a comment or a parameter. */
const path = fc
  .string({ unit: fc.constantFrom(..."abcABC019_/?&=%.;:+,!'$~@*()-"), maxLength: 20 })
  .map((text) => `/${text.replaceAll("$_", "$")}`);

/** A domain name, short or of as many characters as there may be, also one that keepalived.conf knows as a keyword. */
const domain = fc.constantFrom(
  "ns",
  "www.example.org",
  "xn--a.b-c.0",
  "name",
  "type",
  `${"a".repeat(63)}.${"b.".repeat(94)}c`,
);

const check = fc.record({
  tcp: fc.constantFrom("tcp", "http", "https", "smtp", "ping", "misc"),
  udp: fc.constantFrom("udp", "dns", "dns", "smtp", "ping", "misc"),
  there: fc.integer({ min: 0, max: 9 }),
  path: maybe(path),
  statusCodes: maybe(fc.uniqueArray(whole(100, 599), { minLength: 1, maxLength: 400 })),
  digest: maybe(flag),
  regex: maybe(expression),
  pageRegex: maybe(fc.constantFrom(...pageExpressions)),
  requireReply: maybe(flag),
  queryType: maybe(fc.constantFrom("A" as const, "SOA" as const, "TXT" as const, "DNSKEY" as const)),
  queryName: maybe(
    fc.oneof(
      domain,
      domain.map((text) => `${text}.`),
      fc.constant("."),
    ),
  ),
  heloName: maybe(fc.oneof(domain, fc.constantFrom("x", "1.2"))),
  command: command(["{address}", "{port}"]),
  timeout: maybe(whole(1, 3600)),
  delayLoop: maybe(whole(1, 3600)),
  connectTimeout: maybe(whole(1, 3600)),
  delayBeforeRetry: maybe(whole(1, 3600)),
  retry: maybe(whole(0, 100)),
  warmup: maybe(whole(0, 3600)),
  inhibitOnFailure: maybe(flag),
});

const LARGEST_MARK = 2 ** 31 - 1;

const service = fc.record({
  family: fc.constantFrom<Family>("4", "4", "6"),
  vip: fc.integer({ min: 0, max: 2 }),
  protocol: maybe(fc.constantFrom(...protocols)),
  // Not every plan has a network for nat.
  forwarding: maybe(fc.constantFrom(...(Object.keys(forwardingMethods) as Forwarding[]), "nat" as const)),
  // Many choices: they are seldom left out, and those with flags come twice.
  scheduler: fc.option(fc.constantFrom(...schedulers, "sh" as const, "mh" as const), { nil: undefined, freq: 8 }),
  flags: fc.option(fc.array(flag, { minLength: 2, maxLength: 2 }), { nil: undefined, freq: 8 }),
  persistenceTimeout: maybe(whole(1, 31 * 86400)),
  persistenceNetmask: maybe(whole(1, 32)),
  mark: maybe(whole(1, LARGEST_MARK)),
  morePorts: fc.integer({ min: 0, max: 2 }),
  onePacket: maybe(flag),
  check,
  alpha: maybe(flag),
  omega: maybe(flag),
  quorum: maybe(fc.nat(1_000_000)),
  hysteresis: maybe(fc.nat(1_000_000)),
  quorumUp: maybe(command()),
  quorumDown: maybe(command()),
  sorry: maybe(fc.record({ itself: flag, inhibit: maybe(flag) })),
  reals: maybe(
    fc.array(
      fc.record({
        weight: maybe(whole(0, 65535)),
        port: maybe(whole(1, 65535)),
        upper: maybe(whole(1, 65535)),
        lower: maybe(fc.nat(65_534)),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  ),
});

const seconds = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(0.001, max),
    fc.integer({ min: 1, max: max * 1000 }).map((ms) => ms / 1000),
    whole(0, max),
  );

const weight = fc.oneof(fc.constant(0), fc.integer({ min: -20, max: 20 }), whole(-250, 250));

const instance = fc.record({
  name: maybe(name),
  id: maybe(whole(1, 255)),
  version: maybe(fc.constantFrom<2 | 3>(2, 3)),
  tenths: maybe(fc.oneof(fc.constantFrom(1, 4095), fc.integer({ min: 1, max: 4095 }))),
  seconds: maybe(whole(1, 255)),
  priorities: fc.uniqueArray(whole(1, 254), { minLength: 3, maxLength: 3 }),
  withoutPriority: flag,
  master: maybe(flag),
  password: maybe(fc.stringMatching(/^[A-Za-z0-9._:+=%/-]{1,8}$/)),
  preempt: maybe(flag),
  preemptDelay: maybe(seconds(1000)),
  unicast: maybe(flag),
  useVmac: maybe(flag),
  scripts: fc.array(
    fc.record({
      name: maybe(name),
      command: command(),
      interval: maybe(whole(1, 3600)),
      timeout: maybe(whole(1, 3600)),
      fall: maybe(whole(1, 100)),
      rise: maybe(whole(1, 100)),
      weight: maybe(weight),
    }),
    { maxLength: 2 },
  ),
  processes: fc.array(
    fc.record({
      name: maybe(name),
      process: fc.stringMatching(/^[\w.+-]{1,15}$/),
      quorum: maybe(whole(1, 65535)),
      delay: maybe(seconds(2147)),
      weight: maybe(weight),
    }),
    { maxLength: 2 },
  ),
  interfaceWeight: maybe(weight),
  bfd: maybe(
    fc.record({
      name: maybe(name),
      network: flag,
      minTx: maybe(whole(1, 10_000)),
      minRx: maybe(whole(1, 10_000)),
      multiplier: maybe(whole(1, 10)),
      weight: maybe(weight),
    }),
  ),
  notify: maybe(fc.oneof(fc.constant(true as const), command())),
});

const plan = fc.record({
  manual: flag,
  os: maybe(fc.constantFrom("debian-12", "debian-13")),
  front: fc.constantFrom("172.25.254.0/24", "10.0.0.0/16", "192.168.77.64/26"),
  ipv6: flag,
  inside: flag,
  sorryPage: flag,
  longPages: flag,
  directors: fc.integer({ min: 2, max: 3 }),
  osOfFirst: maybe(fc.constantFrom("debian-12", "debian-13")),
  ports: fc.uniqueArray(whole(1, 65535), { minLength: 16, maxLength: 16 }),
  services: fc.array(service, { minLength: 1, maxLength: 4 }),
  instances: fc.array(instance, { minLength: 3, maxLength: 3 }),
  apart: flag,
  synced: flag,
  connectionSync: flag,
  token: maybe(fc.stringMatching(/^[a-z0-9]{4,32}$/)),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;
type ServicePlan = Plan["services"][number];
type InstancePlan = Plan["instances"][number];

/** A lab file as data. Undefined is not there. */
export const labFiles: fc.Arbitrary<LabInput> = plan.map(fileOf).map((file) => JSON.parse(JSON.stringify(file)));

const REALS = ["real1", "real2", "real3"];
const SORRY = "sorry1";

function fileOf(plan: Plan): LabInput {
  const at = (host: number): string => address(plan.front, host);
  const inside = (host: number): string => `192.168.10.${host}`;
  const ipv6 = (host: number): string => `fd00:254::${host.toString(16)}`;
  const vips = { "4": (index: number) => at(40 + index), "6": (index: number) => ipv6(0x100 + index) };
  let port = 0;
  const marks = new Set<number>();
  const services = plan.services.map((one): Service => {
    const family = plan.ipv6 ? one.family : "4";
    const drawn = family === "6" ? undefined : one.mark;
    const more = drawn === undefined ? 0 : one.morePorts;
    const ports = plan.ports.slice(port, port + 1 + more);
    port += 1 + more;
    let mark = drawn;
    while (mark !== undefined && marks.has(mark)) mark = (mark % LARGEST_MARK) + 1;
    if (mark !== undefined) marks.add(mark);
    return serviceOf(plan, one, { vip: vips[family](one.vip), ports, mark });
  });
  const named = services.flatMap(({ realServers = [] }) => realServers.map(({ server }) => server));
  const sorry = services.some(({ sorryServer }) => sorryServer?.server !== undefined);
  const route = plan.inside ? inside(254) : undefined;
  const used = [...new Set(services.map(({ vip }) => vip))];
  const [four, six] = [used.filter((vip) => !vip.includes(":")), used.filter((vip) => vip.includes(":"))];
  const lists = [
    ...(plan.apart && four.length > 1 ? [four.slice(0, 1), four.slice(1)] : four.length > 0 ? [four] : []),
    ...(six.length > 0 ? [six] : []),
    ...(route === undefined ? [] : [[route]]),
  ];
  const directors = Array.from({ length: plan.directors }, (_, index) => `director${index + 1}`);
  return {
    ...(plan.manual ? { setup: "manual" as const } : {}),
    control: "keepalived",
    os: plan.os as "debian-12" | undefined,
    // It stands at the end of each page, where some expressions look.
    token: plan.services.every(({ check }) => check.pageRegex === undefined) ? plan.token : undefined,
    networks: [
      { name: "front", subnets: [plan.front, ...(plan.ipv6 ? ["fd00:254::/64"] : [])] },
      ...(plan.inside ? [{ name: "inside", subnets: ["192.168.10.0/24"], defaultRoute: route }] : []),
    ],
    services,
    vrrp: instancesOf(plan, lists, { directors, real: REALS.find((server) => named.includes(server)) }),
    servers: [
      ...directors.map((server, index) => ({
        name: server,
        addresses: [
          at(10 + index),
          ...(plan.ipv6 ? [ipv6(0x10 + index)] : []),
          ...(plan.inside ? [inside(10 + index)] : []),
        ],
        role: "director" as const,
        ...(index === 0 ? { os: plan.osOfFirst as "debian-12" | undefined } : {}),
      })),
      ...REALS.filter((server) => named.includes(server)).map((server, index) => ({
        name: server,
        addresses: [at(20 + index), ...(plan.ipv6 ? [ipv6(0x20 + index)] : [])],
        role: "real-server" as const,
      })),
      ...(named.includes("inner1") ? [{ name: "inner1", addresses: [inside(20)], role: "real-server" as const }] : []),
      ...(sorry
        ? [{ name: SORRY, addresses: [at(30), ...(plan.ipv6 ? [ipv6(0x30)] : [])], role: "real-server" as const }]
        : []),
    ],
  };
}

/** The address of a host of a subnet. */
function address(subnet: string, host: number): string {
  const [network = ""] = subnetOf(toIp(subnet.split("/")[0] ?? ""), Number(subnet.split("/")[1])).split("/");
  const [a, b, c, d = 0] = network.split(".").map(Number);
  return [a, b, c, d + host].join(".");
}

function serviceOf(
  plan: Plan,
  one: ServicePlan,
  { vip, ports, mark }: { vip: string; ports: readonly number[]; mark: number | undefined },
): Service {
  const isIpv6 = vip.includes(":");
  const { protocol } = one;
  const forwarding =
    isIpv6 || (one.forwarding === "nat" && !plan.inside) ? one.forwarding && ("dr" as const) : one.forwarding;
  const isNat = forwarding === "nat";
  const isUdp = protocol === "udp";
  const names = isNat ? ["inner1"] : REALS;
  const marked = mark !== undefined;
  const reals = (
    one.reals ?? [...names.map(() => ({ weight: undefined, port: undefined, upper: undefined, lower: undefined }))]
  ).slice(0, names.length);
  const heaviest = Math.max(...reals.map(({ weight: own = 1 }) => own));
  const weights = reals.map(({ weight: own }, index) => (heaviest === 0 && index === 0 ? 1 : own));
  const sum = weights.reduce<number>((total, own = 1) => total + own, 0);
  const quorum = one.quorum === undefined ? undefined : 1 + (one.quorum % sum);
  const room = Math.min((quorum ?? 1) - 1, sum - (quorum ?? 1));
  const flags = schedulingMethods[one.scheduler ?? "rr"].flags.filter((_, index) => one.flags?.[index]);
  const sorry = isUdp ? undefined : one.sorry;
  const itself = isNat || sorry?.itself;
  return {
    vip,
    port: ports[0],
    protocol,
    forwarding,
    scheduler: one.scheduler,
    schedulerFlags: one.flags ? flags : undefined,
    ...(isUdp && one.onePacket
      ? { onePacket: true }
      : {
          onePacket: one.onePacket === false ? false : undefined,
          persistenceTimeout: one.persistenceTimeout,
          persistenceNetmask: one.persistenceTimeout === undefined || isIpv6 ? undefined : one.persistenceNetmask,
        }),
    firewallMark: mark,
    morePorts: marked && ports.length > 1 ? ports.slice(1) : undefined,
    healthCheck: one.check.there === 0 ? undefined : checkOf(plan, one, isUdp),
    alpha: one.alpha,
    omega: one.omega,
    quorum,
    hysteresis: one.hysteresis === undefined ? undefined : one.hysteresis % (room + 1),
    quorumUp: one.quorumUp,
    quorumDown: one.quorumDown,
    ...(sorry
      ? {
          sorryServer: {
            server: itself ? undefined : SORRY,
            page: plan.sorryPage ? "sorry, not now\n" : undefined,
            inhibit: sorry.inhibit,
          },
        }
      : {}),
    realServers: reals.map((real, index) => ({
      server: names[index] ?? "",
      weight: weights[index],
      upperThreshold: real.upper,
      lowerThreshold: real.upper === undefined || real.lower === undefined ? undefined : 1 + (real.lower % real.upper),
      page: page(names[index] ?? "") + (plan.longPages ? "long\n".repeat(60) : ""),
      port: isNat && !marked ? real.port : undefined,
    })),
  };
}

function checkOf(plan: Plan, { check: drawn }: ServicePlan, isUdp: boolean): Check {
  const type = (isUdp ? drawn.udp : drawn.tcp) as NonNullable<Check["type"]>;
  const isWeb = type === "http" || type === "https";
  const retries = drawn.retry ?? (type === "misc" ? 0 : 1);
  const codes = drawn.statusCodes;
  // The lab's own web servers have one page, at /.
  const elsewhere = plan.manual || codes !== undefined;
  return {
    type: type === "tcp" && drawn.there % 2 === 0 ? undefined : type,
    ...(isWeb && plan.manual ? { path: drawn.path, statusCodes: codes, digest: drawn.digest, regex: drawn.regex } : {}),
    ...(isWeb && !plan.manual && elsewhere && drawn.path
      ? { path: drawn.path, statusCodes: [...new Set([...(codes ?? []), drawn.path === "/" ? 200 : 404])] }
      : {}),
    ...(isWeb && !plan.manual && !(elsewhere && drawn.path)
      ? {
          statusCodes: codes && [...new Set([...codes, 200])],
          digest: drawn.digest,
          regex: drawn.pageRegex,
        }
      : {}),
    requireReply: type === "udp" ? drawn.requireReply : undefined,
    queryType: type === "dns" ? drawn.queryType : undefined,
    queryName: type === "dns" ? drawn.queryName : undefined,
    heloName: type === "smtp" ? drawn.heloName : undefined,
    command: type === "misc" ? drawn.command : undefined,
    timeout: type === "misc" ? drawn.timeout : undefined,
    delayLoop: drawn.delayLoop,
    connectTimeout: type === "misc" ? undefined : drawn.connectTimeout,
    delayBeforeRetry: retries === 0 && !isWeb ? undefined : drawn.delayBeforeRetry,
    retry: drawn.retry,
    warmup: drawn.warmup,
    inhibitOnFailure: drawn.inhibitOnFailure,
  };
}

/** The priorities that keepalived cuts off in no case: the sum of positive weights is added, negative ones are taken away. */
const roomBeside = (weights: readonly number[]): { least: number; most: number } => ({
  least: 1 - weights.reduce((sum, one) => sum + Math.min(one, 0), 0),
  most: 254 - weights.reduce((sum, one) => sum + Math.max(one, 0), 0),
});

function instancesOf(
  plan: Plan,
  lists: readonly string[][],
  { directors, real }: { readonly directors: readonly string[]; readonly real: string | undefined },
): Instance[] {
  const synced = plan.synced && lists.length > 1;
  const ids = new Set<string>();
  const named = new Set<string>();
  /** Families that have a session. */
  const bfd = new Set<boolean>();
  const first = plan.instances[0];
  return lists.map((addresses, index): Instance => {
    const own = (plan.instances[index % plan.instances.length] ?? first) as InstancePlan;
    const isIpv6 = addresses[0]?.includes(":") ?? false;
    const network = addresses[0]?.startsWith("192.168.10.") ? "inside" : `front ${isIpv6}`;
    let id = own.id;
    while (ids.has(`${network} ${id ?? 51}`)) id = ((id ?? 51) % 255) + 1;
    ids.add(`${network} ${id ?? 51}`);
    const version = isIpv6 && own.version === 2 ? 3 : own.version;
    const isV3 = version === 3 || (isIpv6 && version === undefined);
    const preempt = synced ? first?.preempt : own.preempt;
    const preemptDelay = preempt === false ? undefined : own.preemptDelay;
    const drawn = own.priorities.slice(0, directors.length);
    const ordered = synced ? drawn.toSorted((one, other) => other - one) : drawn;
    const tracked = network === "inside" || !plan.inside ? undefined : own.interfaceWeight;
    // A neighbour on the instance's network. A session is one instance's alone: others would have to say the same.
    const neighbor = network === "inside" || bfd.has(isIpv6) ? undefined : real;
    if (own.bfd && neighbor !== undefined) bfd.add(isIpv6);
    const session = neighbor === undefined ? undefined : own.bfd;
    const weights = [...own.scripts, ...own.processes]
      .map((one) => one.weight ?? 0)
      .concat(tracked ?? 0, session?.weight ?? 0);
    const { least, most } = roomBeside(weights);
    const fits = most - least + 1 >= directors.length;
    // Those of the file as they are, or the highest that there is room for, in the same order.
    const priorities =
      synced || !fits || ordered.every((one) => one >= least && one <= most)
        ? ordered
        : ordered.map((one) => most - ordered.filter((other) => other > one).length);
    const mayBegin = preempt !== false && !preemptDelay && !synced;
    const top = priorities.indexOf(Math.max(...priorities));
    const unique = (text: string | undefined): string | undefined => {
      if (text === undefined || named.has(text)) return undefined;
      named.add(text);
      return text;
    };
    const weighed = (one: number | undefined): number | undefined => (synced || !fits ? undefined : one);
    const isDefault = own.withoutPriority && !synced && weights.every((one) => one === 0);
    return {
      name: unique(own.name),
      id,
      version,
      addresses: lists.length === 1 && own.withoutPriority ? undefined : addresses,
      members: directors.map((server, at) => ({
        server,
        priority: isDefault && at === 0 && !priorities.slice(1).includes(100) ? undefined : priorities[at],
        state:
          mayBegin && own.master && at === top && !isDefault ? "MASTER" : own.master === false ? "BACKUP" : undefined,
      })),
      advertInterval: isV3 && own.tenths !== undefined ? own.tenths / 100 : isV3 ? undefined : own.seconds,
      password: isV3 ? undefined : own.password,
      preempt,
      preemptDelay,
      unicast: own.unicast,
      useVmac: own.useVmac,
      syncGroup: synced ? "group_1" : undefined,
      connectionSync: plan.connectionSync && index === 0 && (synced || lists.length === 1) ? true : undefined,
      trackScripts:
        own.scripts.length === 0
          ? undefined
          : own.scripts.map((script, number) => ({
              ...script,
              name: unique(script.name),
              // Each is another one: a script that is tracked twice is an error.
              fall: Math.min(100, (script.fall ?? 1) + number),
              timeout: script.timeout === undefined ? undefined : Math.min(script.timeout, script.interval ?? 1),
              weight: weighed(script.weight),
            })),
      trackProcesses:
        own.processes.length === 0
          ? undefined
          : own.processes.map((process) => ({
              ...process,
              name: unique(process.name),
              weight: weighed(process.weight),
            })),
      trackBfd: session && [
        {
          ...session,
          name: unique(session.name),
          neighbor: neighbor ?? "",
          network: session.network ? "front" : undefined,
          weight: weighed(session.weight),
        },
      ],
      trackInterfaces: tracked === undefined ? undefined : [{ network: "inside", weight: weighed(tracked) }],
      notify: own.notify,
    };
  });
}
