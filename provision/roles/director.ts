import { z } from "zod";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { type BootUnit, unitPath, unitText } from "./boot-unit.ts";
import { DIRECTOR_RULES, DIRECTOR_UNIT, endDirector, endKeepalived } from "./director-retirement.ts";
import { type Destination, parseIpvsTable } from "./ipvs-table.ts";
import { startService } from "./service.ts";

const destination = z.object({ weight: z.number(), forwarding: z.enum(["Route", "Masq", "Tunnel"]) });

/** The dr stage's director: LVS direct routing by hand, as the article types it. */
export const director = defineResource({
  type: "Director",
  summary: "An LVS director made with ipvsadm: one virtual service, its real servers, and the VIP.",
  where: z.object({ server: serverRef, interface: z.string().default("eth0") }),
  want: z.object({
    /** With prefix length. */
    vip: z.cidrv4(),
    /** TCP. */
    port: z.number(),
    scheduler: z.string(),
    /** Seconds; 0 is no persistence. */
    persistenceTimeout: z.number().default(0),
    /** By `ADDRESS:PORT`. */
    destinations: z.record(z.string(), destination),
    /** Services that the lab has not asked for. */
    otherServices: z.array(z.string()).max(0).default([]),
    onBoot: z.literal(true).default(true),
  }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      table: "ipvsadm --save --numeric",
      vip: command`ip -oneline -4 address show dev ${inputs.interface}`,
      enabled: command`systemctl is-enabled ${unit(inputs).name}`,
      unit: command`cat ${unitPath(unit(inputs))}`,
      rules: command`cat ${DIRECTOR_RULES}`,
    });
    const services = parseIpvsTable(seen.table.text);
    const own = services.find(({ key }) => key === serviceKey(inputs));
    return {
      vip: seen.vip.text.includes(` ${inputs.vip} `) ? inputs.vip : undefined,
      port: own && inputs.port,
      scheduler: own?.scheduler,
      persistenceTimeout: own && (own.persistenceTimeout ?? 0),
      destinations: own && { ...own.destinations },
      otherServices: services.filter((service) => service !== own).map(({ key }) => key),
      onBoot: (seen.enabled.text.trim() === "enabled" &&
        seen.unit.text === unitText(unit(inputs)) &&
        seen.rules.text === rules(inputs)) as true,
    };
  },

  async apply(inputs, observed, progress) {
    const server = await connectTo(inputs.server);
    progress("ipvsadm table and VIP");
    const one = unit(inputs);
    await server.script(
      [
        "set -e",
        endKeepalived,
        "mkdir -p /etc/lvs-lab",
        writing(DIRECTOR_RULES, rules(inputs)),
        command`same=; printf %s ${unitText(one)} | cmp --quiet - ${unitPath(one)} && same=yes || true`,
        writing(unitPath(one), unitText(one)),
        command`if systemctl --quiet is-active ${DIRECTOR_UNIT}; then`,
        // Only what differs is edited, so that connections through what stays are not cut.
        ...edits(inputs, observed),
        command`ip address replace ${inputs.vip} dev ${inputs.interface}`,
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

interface Service {
  readonly vip: string;
  readonly interface: string;
  readonly port: number;
  readonly scheduler: string;
  readonly persistenceTimeout: number;
  readonly destinations: Readonly<Record<string, Destination>>;
}

const address = ({ vip, port }: Pick<Service, "vip" | "port">): string => `${vip.split("/")[0]}:${port}`;
const serviceKey = (service: Pick<Service, "vip" | "port">): string => `-t ${address(service)}`;
const serviceOptions = ({
  scheduler,
  persistenceTimeout,
}: Pick<Service, "scheduler" | "persistenceTimeout">): string[] => [
  "-s",
  scheduler,
  ...(persistenceTimeout > 0 ? ["-p", String(persistenceTimeout)] : []),
];
const forwardingFlags = { Route: "-g", Masq: "-m", Tunnel: "-i" } as const;
const destinationOptions = ({ weight, forwarding }: Destination): string[] => [
  forwardingFlags[forwarding],
  "-w",
  String(weight),
];

/** What `ipvsadm --restore` reads: the article's commands. */
const rules = (service: Service): string =>
  [
    `-A -t ${address(service)} ${serviceOptions(service).join(" ")}`,
    ...Object.entries(service.destinations).map(
      ([real, options]) => `-a -t ${address(service)} -r ${real} ${destinationOptions(options).join(" ")}`,
    ),
    "",
  ].join("\n");

const unit = ({ vip, interface: device }: Pick<Service, "vip" | "interface">): BootUnit => ({
  name: DIRECTOR_UNIT,
  description: "LVS director: the virtual service and its address",
  start: [
    "-/sbin/ipvsadm --clear",
    `/bin/sh -c '/sbin/ipvsadm --restore <${DIRECTOR_RULES}'`,
    `/sbin/ip address replace ${vip} dev ${device}`,
  ],
  stop: [`-/sbin/ip address delete ${vip} dev ${device}`, "-/sbin/ipvsadm --clear"],
});

/** The ipvsadm commands that lead from what was observed to what is wanted. */
export function edits(wanted: Service, found?: Partial<Service> & { otherServices?: readonly string[] }): string[] {
  const at = address(wanted);
  const same = found?.scheduler === wanted.scheduler && found.persistenceTimeout === wanted.persistenceTimeout;
  const there = found?.destinations ?? {};
  const known = found?.scheduler !== undefined;
  return [
    ...(found?.otherServices ?? []).map((key) => command`ipvsadm --delete-service ${key.split(" ")}`),
    ...(known
      ? same
        ? []
        : [command`ipvsadm -E -t ${at} ${serviceOptions(wanted)}`]
      : [command`ipvsadm -A -t ${at} ${serviceOptions(wanted)}`]),
    ...Object.keys(there)
      .filter((real) => !(real in wanted.destinations))
      .map((real) => command`ipvsadm -d -t ${at} -r ${real}`),
    ...Object.entries(wanted.destinations).flatMap(([real, options]) => {
      const now = there[real];
      if (now?.weight === options.weight && now.forwarding === options.forwarding) return [];
      return [command`ipvsadm ${now ? "-e" : "-a"} -t ${at} -r ${real} ${destinationOptions(options)}`];
    }),
  ];
}
