import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  destinationKeyOf,
  familyOf,
  forwardingMethods,
  ipvsKeyOf,
  isDirectorUnder,
  netmaskOf,
  type RealServer,
  type VirtualService,
  withPrefix,
} from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, unitPath, unitText } from "./boot-unit.ts";
import { DIRECTOR_RULES, DIRECTOR_UNIT, endDirector, endKeepalived } from "./director-retirement.ts";
import { asHost, placeVip, presentOf } from "./ip-address.ts";
import { type Destination, ipvsQuestions, ipvsTableIn, type Thresholds, thresholdOptions } from "./ipvs-table.ts";
import { defineRole } from "./role.ts";
import { startService } from "./service.ts";
import { listed, typedUnit } from "./typed.ts";

const destination = z.object({
  weight: z.number(),
  forwarding: z.enum(["Route", "Masq", "Tunnel"]),
  upperThreshold: z.number().optional(),
  lowerThreshold: z.number().optional(),
});

const virtualService = z.object({
  scheduler: z.string(),
  /** In the order in which ipvsadm prints them. */
  schedulerFlags: z.array(z.string()).default([]),
  /** Seconds; 0 means no persistence. */
  persistenceTimeout: z.number(),
  /** Prefix length of the networks whose clients stay together; absent: each client stays by itself. */
  persistenceNetmask: z.number().optional(),
  /** Whether each datagram is scheduled by itself; absent: no. */
  onePacket: z.literal(true).optional(),
  /** By `ADDRESS:PORT`. */
  destinations: z.record(z.string(), destination),
});

type Service = z.output<typeof virtualService>;
/** By ipvsadm's name, `-t ADDRESS:PORT`. */
type Services = Readonly<Record<string, Service>>;

/** A director set up with ipvsadm, as in the article. */
export const director = defineResource({
  type: "Director",
  summary: "An LVS director made with ipvsadm: virtual services, their real servers, and the VIPs.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The VIPs, and default routes of real servers: by interface, with prefix length. */
    addresses: z.record(z.string(), z.array(z.union([z.cidrv4(), z.cidrv6()]))),
    /** By `-t ADDRESS:PORT`, as ipvsadm(8) names a service. */
    services: z.record(z.string(), virtualService),
    /** Services that the lab does not define. */
    otherServices: z.array(z.string()).max(0).default([]),
    onBoot: z.literal(true).default(true),
  }),

  upgrade({ vip, port, scheduler, persistenceTimeout, destinations, interface: device, vips, services, ...rest }) {
    if ("addresses" in rest)
      return { ...rest, ...(services === undefined ? {} : { services: withFlags(services as Services) }) };
    const [address] = String(vip ?? "").split("/");
    const first = { [`-t ${address}:${port}`]: { scheduler, persistenceTimeout, destinations } };
    return {
      ...rest,
      addresses: { [String(device ?? "eth0")]: vips ?? (vip === undefined ? [] : [vip]) },
      services: withFlags(
        (services as Services | undefined) ?? (scheduler === undefined ? {} : (first as unknown as Services)),
      ),
    };
  },

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      ...ipvsQuestions,
      addresses: "ip -oneline address show",
      ...bootUnitQuestions(unit(inputs)),
      rules: command`cat ${DIRECTOR_RULES}`,
    });
    const found = ipvsTableIn(seen);
    return {
      addresses: presentOf(inputs.addresses, seen.addresses.text),
      services: Object.fromEntries(
        found
          .filter(({ key }) => key in inputs.services)
          .map(({ key, schedulerFlags = [], persistenceTimeout = 0, destinations, ...service }) => [
            key,
            { ...service, schedulerFlags: [...schedulerFlags], persistenceTimeout, destinations: { ...destinations } },
          ]),
      ),
      otherServices: found.filter(({ key }) => !(key in inputs.services)).map(({ key }) => key),
      onBoot: (isOnBoot(unit(inputs), seen) && seen.rules.text === rules(inputs)) as true,
    };
  },

  async apply(inputs, observed, progress) {
    const server = await connectTo(inputs.server);
    progress("ipvsadm table and VIP");
    const one = unit(inputs);
    await server.script(
      [
        "set -e",
        endKeepalived(inputs.server.os),
        "mkdir -p /etc/lvs-lab",
        writing(DIRECTOR_RULES, rules(inputs)),
        command`same=; printf %s ${unitText(one)} | cmp --quiet - ${unitPath(one)} && same=yes || true`,
        writing(unitPath(one), unitText(one)),
        command`if systemctl --quiet is-active ${DIRECTOR_UNIT}; then`,
        // Edit only differences, so that connections of unchanged services survive.
        ...edits(inputs.services, observed),
        ...placed(inputs).map(
          ([device, address]) => command`ip address replace ${placeVip(address, device).split(" ")}`,
        ),
        'if [ ! "$same" ]; then systemctl daemon-reload; fi',
        "fi",
        startService(DIRECTOR_UNIT),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    await (await connectTo(ref)).script(endDirector);
  },
});

/** Services as earlier versions recorded them had no flags. */
const withFlags = (services: Readonly<Record<string, object>>): Readonly<Record<string, object>> =>
  Object.fromEntries(Object.entries(services).map(([key, service]) => [key, { schedulerFlags: [], ...service }]));

const serviceOptions = (service: Omit<Service, "destinations">): string[] => {
  const { scheduler, schedulerFlags, persistenceTimeout, persistenceNetmask, onePacket } = service;
  return [
    "-s",
    scheduler,
    ...(persistenceTimeout > 0 ? ["-p", String(persistenceTimeout)] : []),
    ...(persistenceNetmask === undefined ? [] : ["-M", netmaskOf(persistenceNetmask)]),
    ...(onePacket ? ["-o"] : []),
    ...(schedulerFlags.length > 0 ? ["-b", schedulerFlags.join(",")] : []),
  ];
};

const forwardingFlags = { Route: "-g", Masq: "-m", Tunnel: "-i" } as const;
const destinationOptions = ({ weight, forwarding, ...thresholds }: Destination): string[] => [
  forwardingFlags[forwarding],
  "-w",
  String(weight),
  ...thresholdOptions(thresholds),
];

/** Input of `ipvsadm --restore`: the article's commands. */
export const rules = ({ services }: { readonly services: Services }): string =>
  Object.entries(services)
    .flatMap(([key, service]) => [
      `-A ${key} ${serviceOptions(service).join(" ")}`,
      ...Object.entries(service.destinations).map(
        ([real, options]) => `-a ${key} -r ${real} ${destinationOptions(options).join(" ")}`,
      ),
    ])
    .map((line) => `${line}\n`)
    .join("");

interface Addresses {
  readonly addresses: Readonly<Record<string, readonly string[]>>;
}

/** Each address with its interface. */
const placed = ({ addresses }: Addresses): [device: string, address: string][] =>
  Object.entries(addresses).flatMap(([device, all]) => all.map((address): [string, string] => [device, address]));

const CLEAR = "-/sbin/ipvsadm --clear";
const place = ([device, address]: [string, string]): string => `/sbin/ip address replace ${placeVip(address, device)}`;

export const unit = (wanted: Addresses): BootUnit => ({
  name: DIRECTOR_UNIT,
  description: "LVS director: the virtual service and its address",
  start: [CLEAR, `/bin/sh -c '/sbin/ipvsadm --restore <${DIRECTOR_RULES}'`, ...placed(wanted).map(place)],
  stop: [...placed(wanted).map(([device, address]) => `-/sbin/ip address delete ${address} dev ${device}`), CLEAR],
});

/** The ipvsadm commands that change the observed table into the wanted one. */
export function edits(
  wanted: Services,
  found?: { readonly services?: Services | undefined; readonly otherServices?: readonly string[] | undefined },
): string[] {
  const words = (key: string): string[] => key.split(" ");
  return [
    ...(found?.otherServices ?? []).map((key) => command`ipvsadm --delete-service ${words(key)}`),
    ...Object.entries(wanted).flatMap(([key, service]) => {
      const now = found?.services?.[key];
      const there = now?.destinations ?? {};
      const same = now !== undefined && isDeepStrictEqual(serviceOptions(now), serviceOptions(service));
      return [
        ...(same ? [] : [command`ipvsadm ${now ? "-E" : "-A"} ${words(key)} ${serviceOptions(service)}`]),
        ...Object.keys(there)
          .filter((real) => !(real in service.destinations))
          .map((real) => command`ipvsadm -d ${words(key)} -r ${real}`),
        ...Object.entries(service.destinations).flatMap(([real, options]) => {
          const old = there[real];
          if (old && isDeepStrictEqual(destinationOptions(old), destinationOptions(options))) return [];
          return [command`ipvsadm ${old ? "-e" : "-a"} ${words(key)} -r ${real} ${destinationOptions(options)}`];
        }),
      ];
    }),
  ];
}

/** The transport protocols of services in words, with ipvsadm's options. */
const transports = (services: Services): string[] =>
  [
    ["-t", "TCP"],
    ["-u", "UDP"],
  ].flatMap(([option, title]) =>
    Object.keys(services).some((key) => key.startsWith(`${option} `)) ? [`${option} for ${title}`] : [],
  );

/** The addresses of all real servers, each once. */
const destinationsOf = (services: Services): string[] => [
  ...new Set(
    Object.values(services).flatMap(({ destinations }) =>
      Object.keys(destinations).map((place) => place.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")),
    ),
  ),
];

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");

/** The forwarding methods in words, with ipvsadm's options. */
const methodsIn = (services: Services): string => {
  const used = Object.values(services).flatMap(({ destinations }) => Object.values(destinations));
  return listed(
    Object.values(forwardingMethods)
      .filter((method) => used.some(({ forwarding }) => forwarding === method.listed))
      .map(({ title, ipvsadm }) => `${title} (${ipvsadm})`),
  );
};

const thresholdsOf = ({ upperThreshold, lowerThreshold }: RealServer): Thresholds => ({
  ...(upperThreshold === undefined ? {} : { upperThreshold }),
  ...(lowerThreshold === undefined ? {} : { lowerThreshold }),
});

const ipvsService = (service: VirtualService) => {
  const { scheduler, schedulerFlags = [], persistenceTimeout = 0, persistenceNetmask, onePacket } = service;
  return {
    scheduler,
    schedulerFlags: [...schedulerFlags],
    persistenceTimeout,
    ...(persistenceNetmask === undefined ? {} : { persistenceNetmask }),
    ...(onePacket ? { onePacket } : {}),
    destinations: Object.fromEntries(
      service.realServers.map((real) => [
        destinationKeyOf(service, real),
        {
          weight: real.weight,
          forwarding: forwardingMethods[service.forwarding].listed,
          ...thresholdsOf(real),
        },
      ]),
    ),
  };
};

export const role = defineRole({
  resource: director,

  inputsOf(lab, server) {
    if (!isDirectorUnder("ipvsadm", lab, server)) return;
    return {
      addresses: Object.fromEntries(
        server.interfaces
          .map(({ network, device }): [string, string[]] => [
            device,
            lab.virtualAddresses
              .filter((one) => one.network === network)
              .map(({ address }) => (familyOf(address) === 6 ? asHost(address) : withPrefix(lab, address))),
          ])
          .filter(([, addresses]) => addresses.length > 0),
      ),
      services: Object.fromEntries(lab.services.map((service) => [ipvsKeyOf(service), ipvsService(service)])),
    };
  },

  packageGroups: () => ["ipvsadm"],

  byHand(wanted, { server: { addresses: own } }) {
    const all = Object.values(wanted.services);
    const isPersistent = all.some(({ persistenceTimeout }) => persistenceTimeout > 0);
    const hasLimits = all.some(({ destinations }) =>
      Object.values(destinations).some(({ upperThreshold }) => upperThreshold !== undefined),
    );
    const hasFlags = all.some(({ schedulerFlags }) => schedulerFlags.length > 0);
    return {
      steps: [
        {
          why:
            Object.keys(wanted.addresses).length > 1
              ? "The VIP, which clients ask for, and the default route of the real servers: the director answers for both."
              : placed(wanted).length > 1
                ? "The VIPs: the director answers when a client asks whose they are, and takes the packets for them."
                : "The VIP: the director answers when a client asks whose it is, and takes the packets for it.",
          commands: typedUnit(placed(wanted).map(place)),
          check: "director-vip",
        },
        {
          why: [
            `The IPVS table, starting from an empty one: a virtual service (-A, ${listed(transports(wanted.services))}) with its scheduler (-s)` +
              `${hasFlags ? ", the scheduler's flags (-b)" : ""}${isPersistent ? ", the seconds for which a client stays with its real server (-p)" : ""}` +
              `${all.some(({ persistenceNetmask }) => persistenceNetmask !== undefined) ? " together with the others of its network (-M)" : ""}` +
              `${all.some(({ onePacket }) => onePacket) ? ", each datagram by itself (-o)" : ""}, ` +
              `and each of its real servers (-a, -r) with its weight (-w)${hasLimits ? " and the connections that it takes (-x), and below which it takes new ones again (-y)" : ""}, ` +
              `by ${methodsIn(wanted.services)}.`,
            ...destinationsOf(wanted.services)
              .filter((address) => own.includes(address))
              .map((address) => `${address} is the director itself, which serves its share locally.`),
          ].join(" "),
          commands: [...typedUnit([CLEAR]), ...linesOf(rules(wanted)).map((rule) => `ipvsadm ${rule}`)],
          check: "director-table",
        },
      ],
      unit: unit(wanted),
    };
  },
});
