import {
  destinationKeyOf,
  forwardingMethods,
  hasThresholds,
  holderOf,
  hostPort,
  inUrl,
  ipvsKeyOf,
  type Lab,
  netmaskOf,
  type RealServer,
  type VirtualService,
} from "../../lab/index.ts";
import {
  type ListedService,
  parseIpvsList,
  parseThresholds,
  type Thresholds,
} from "../../provision/roles/ipvs-table.ts";
import type { View } from "../live/view.ts";
import type { Check } from "./check.ts";
import { secondsUntil } from "./seconds-until.ts";
import { askService, eachDirector, everywhere, keepalivedRuns, methodOf, undisturbed } from "./subjects.ts";
import { sameWeights } from "./weights.ts";

/**
 * Judged by what the kernel makes of the table: weights only as far as the scheduler heeds them, whatever else the table holds, and a service
 * by firewall mark where requests are counted to it.
 */
export const directorTable: Check = {
  id: "director-table",
  title: "The IPVS table holds the virtual service with every real server",
  role: "director",
  proves:
    "The kernel knows what to do with a packet for the VIP: which service it is for, which real servers may have it, by which scheduler, " +
    "and by which forwarding method. Without the table the director answers for itself.",
  grading: { ipvsadm: { points: 3 }, keepalived: { points: 1, after: "vip-holder" } },
  appliesTo: everywhere,
  settles: 15, // keepalived adds a real server after its first successful health check
  subjects: eachDirector,
  expected: (lab) => inWords(lab.services.map(wantedInWords)),
  byHand: () => ["ipvsadm -ln"],
  hint: ({ control, services }) => services.map((service) => missing(service, control)).join(" "),
  async look(view, { host }) {
    const { services, control } = view.lab;
    const table = parseIpvsList((await view.on(host)`ipvsadm -ln`).output);
    const problems: string[] = [];
    for (const service of services) {
      const found =
        table.find(({ key }) => key === ipvsKeyOf(service)) ?? (await markedFor(view, host, service, table));
      problems.push(...(found ? problemsOf(service, found) : [missing(service, control)]));
      if (found && hasThresholds(service))
        problems.push(...thresholdProblems(service, found.key, (await view.on(host)`ipvsadm -ln --thresholds`).output));
    }
    return {
      passed: problems.length === 0,
      seen: table.length === 0 ? "no virtual service" : inWords(table.map(listedInWords)),
      started: table.length > 0 || (control === "keepalived" && (await keepalivedRuns(view, host))),
      ...(problems.length > 0
        ? { hint: [...problems, ...(control === "keepalived" ? [BY_KEEPALIVED] : [])].join(" ") }
        : {}),
    };
  },
};

const BY_KEEPALIVED =
  "keepalived makes the table from its virtual_server blocks. A real server that is in its file and not in the table has failed its health " +
  "check: what does `curl` get from it on the director, and what does `journalctl -u keepalived` say?";

const missing = (service: VirtualService, control: Lab["control"]): string => {
  const { vip, port, protocol, scheduler, forwarding, realServers } = service;
  return (
    `The table needs a virtual service for ${hostPort(vip, port)} over ${protocol.toUpperCase()}, with the scheduler ${scheduler} and ` +
    `${realServers.map(({ address }) => address).join(", ")} as its real servers, each by ${forwardingMethods[forwarding].title}. ` +
    (control === "keepalived"
      ? "keepalived makes it from a virtual_server block with a real_server block for each."
      : "ipvsadm adds the service first, then each real server to it: ipvsadm(8) has the options, and some have defaults that are not what is asked for.")
  );
};

/** What is wrong with a virtual service, each in a sentence. None: the kernel does with packets what is wanted. */
function problemsOf(wanted: VirtualService, found: ListedService): string[] {
  const at = hostPort(wanted.vip, wanted.port);
  const method = forwardingMethods[wanted.forwarding];
  const names = Object.keys(found.destinations);
  // A service by firewall mark has many ports: its real servers are listed with any, or with 0.
  const nameOf = ({ address, port }: RealServer): string =>
    (found.key.startsWith("-f ") && names.find((name) => name.startsWith(`${inUrl(address)}:`))) ||
    hostPort(address, port);
  const destinations = wanted.realServers.map((real) => ({ real, found: found.destinations[nameOf(real)] }));
  const absent = destinations.filter((one) => one.found === undefined).map(({ real }) => nameOf(real));
  const present = destinations.flatMap(({ real, found: one }) => (one ? [{ real, found: one }] : []));
  const surplus = Object.entries(found.destinations).filter(
    ([name, { weight }]) => weight > 0 && !wanted.realServers.some((real) => nameOf(real) === name),
  );
  // What the director serves itself is listed as Local, or by the method that the entry names.
  const others = present.filter(({ found: { forwarding } }) => forwarding !== method.listed && forwarding !== "Local");
  const flags = [wanted, found].map(({ schedulerFlags = [] }) => [...schedulerFlags].sort().join(" and "));
  const masks = [wanted, found].map(({ persistenceNetmask = 32 }) => persistenceNetmask);
  const persistence = [wanted.persistenceTimeout ?? 0, found.persistenceTimeout ?? 0];
  const weights = [present.map(({ real }) => real.weight), present.map((one) => one.found.weight)] as const;
  return [
    ...(found.scheduler === wanted.scheduler
      ? []
      : [`The service ${at} has the scheduler ${found.scheduler}, and is to have ${wanted.scheduler}.`]),
    ...(flags[0] === flags[1]
      ? []
      : [`The scheduler of ${at} has the flags ${flags[1] || "none"}, and is to have ${flags[0] || "none"}.`]),
    ...(persistence[0] === persistence[1]
      ? []
      : persistence[0] === 0
        ? [
            `The service ${at} is persistent: a client stays with its real server for ${persistence[1]} s, and is to change.`,
          ]
        : [
            `The service ${at} is to be persistent for ${persistence[0]} s, and has ${persistence[1] || "no persistence"}.`,
          ]),
    ...(masks[0] === masks[1]
      ? []
      : [
          `The service ${at} keeps clients of one /${masks[1]} network together, and is to do so for each /${masks[0]}.`,
        ]),
    ...(wanted.onePacket === found.onePacket
      ? []
      : [`The service ${at} is ${wanted.onePacket ? "" : "not "}to schedule each datagram by itself.`]),
    ...(absent.length > 0 ? [`The service ${at} lacks the real server ${absent.join(" and ")}.`] : []),
    ...(surplus.length > 0
      ? [
          `The service ${at} sends requests to ${surplus.map(([name]) => name).join(" and ")} too, which is none of its real servers.`,
        ]
      : []),
    ...others.map(
      (one) =>
        `The service ${at} reaches ${nameOf(one.real)} by the method ${one.found.forwarding}, and is to do so by ${method.title}, which is listed as ${method.listed}.`,
    ),
    ...(absent.length > 0 || sameWeights(wanted.scheduler, ...weights)
      ? []
      : [
          `The weights in ${at}, ${weights[1].join(" and ")}, do not mean the same to ${wanted.scheduler} as ${weights[0].join(" and ")}: a weight of 0 gets nothing, and others count by what the scheduler makes of them.`,
        ]),
  ];
}

/** What is wrong with the thresholds of a service's real servers. @param text the output of `ipvsadm -ln --thresholds` */
function thresholdProblems(service: VirtualService, key: string, text: string): string[] {
  const listed = parseThresholds(text);
  const inWords = ({ upperThreshold = 0, lowerThreshold = 0 }: Thresholds) => `${upperThreshold} and ${lowerThreshold}`;
  return service.realServers.flatMap((real) => {
    const found = listed.get(`${key} ${destinationKeyOf(service, real)}`);
    if (found === undefined || inWords(found) === inWords(real)) return [];
    return [
      `The real server ${hostPort(real.address, real.port)} has the upper and lower thresholds ${inWords(found)}, and is to have ${inWords(real)}; 0 is none.`,
    ];
  });
}

/** Seconds for which statistics are looked at: the kernel updates them every two (estimation in net/netfilter/ipvs/ip_vs_est.c). */
const COUNTED_WITHIN = 3;

/**
 * A service by firewall mark that a virtual service's requests are counted to: ipvsadm(8), --fwmark-service. On a director that does not hold the
 * VIP none arrive, so there it is taken for the service unseen.
 */
async function markedFor(view: View, host: string, service: VirtualService, table: readonly ListedService[]) {
  const marked = table.filter(({ key }) => key.startsWith("-f "));
  if (marked.length === 0) return undefined;
  if (holderOf(view.lab, service.vip) !== host) return marked[0];
  /** Connections so far, by the service's key. */
  const connections = async (): Promise<ReadonlyMap<string, number>> => {
    const { output } = await view.on(host)`ipvsadm -ln --stats --exact`;
    return new Map(
      [...output.matchAll(/^FWM +(\d+) +(\d+)/gm)].map(([, mark, count]) => [`-f ${mark}`, Number(count)]),
    );
  };
  // The request takes a turn of the scheduler.
  return await undisturbed(view.live, service, async () => {
    const before = await connections();
    await askService(view, service);
    let counted: ListedService | undefined;
    await secondsUntil(async () => {
      const after = await connections();
      counted = marked.find(({ key }) => (after.get(key) ?? 0) > (before.get(key) ?? 0));
      return counted !== undefined;
    }, COUNTED_WITHIN);
    return counted;
  });
}

/** A virtual service and its real servers, as `ipvsadm -ln` prints them. */
interface InWords {
  readonly service: string;
  readonly reals: readonly string[];
}

const inWords = (table: readonly InWords[]): string =>
  table.map(({ service, reals }) => `${service} -> ${reals.join(", ") || "nobody"}`).join("; ");

const wantedInWords = (service: VirtualService): InWords => ({
  service: serviceInWords({ key: ipvsKeyOf(service), ...service }),
  reals: service.realServers.map(
    ({ address, port, weight }) => `${hostPort(address, port)} ${methodOf(service).listed} ${weight}`,
  ),
});

const listedInWords = (service: ListedService): InWords => ({
  service: serviceInWords(service),
  reals: Object.entries(service.destinations).map(
    ([address, { forwarding, weight }]) => `${address} ${forwarding} ${weight}`,
  ),
});

const protocols: Readonly<Record<string, string>> = { "-t": "TCP", "-u": "UDP", "-f": "FWM" };

/** A virtual service as `ipvsadm -ln` prints it. */
function serviceInWords(service: Omit<ListedService, "destinations">): string {
  const { key, scheduler, schedulerFlags, persistenceTimeout, persistenceNetmask, onePacket } = service;
  const [option = "", address] = key.split(" ");
  const flags = schedulerFlags ? ` (${schedulerFlags.join(",")})` : "";
  const persistence = persistenceTimeout ? ` persistent ${persistenceTimeout}` : "";
  const mask = persistenceNetmask === undefined ? "" : ` mask ${netmaskOf(persistenceNetmask)}`;
  return `${protocols[option]} ${address} ${scheduler}${flags}${persistence}${mask}${onePacket ? " ops" : ""}`;
}
