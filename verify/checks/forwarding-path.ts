import { setTimeout as delay } from "node:timers/promises";
import {
  addressOn,
  clientAddress,
  goesInTurn,
  holderOf,
  type Lab,
  networkOfVip,
  poolOf,
  serverWithMac,
  type VirtualService,
} from "../../lab/index.ts";
import type { Check } from "./check.ts";
import { askService, clientOfEachService, everywhere, methodOf, type ServiceSubject } from "./subjects.ts";

/** How many requests are followed, and for how long tcpdump listens, in seconds. */
const REQUESTS = 4;
const LISTEN_SECONDS = 2;

const isTunnelled = (service: VirtualService): boolean => methodOf(service).tunnelDevice !== undefined;

export const forwardingPath: Check<ServiceSubject> = {
  id: "forwarding-path",
  title: "Packets take the way of the service's forwarding method, there and back",
  role: "client",
  proves:
    "What the configuration says is what the wire shows: the director hands the client's packets on by direct routing with another MAC " +
    "address, by tunnelling inside packets of its own, and the real servers answer the client themselves, with no reply through the director.",
  appliesTo: everywhere,
  settles: 15,
  subjects: clientOfEachService,
  expected(lab, { service }) {
    const pool = new Set(poolOf(service).map(({ server }) => server));
    const way = { to: new Set([holderOf(lab, service.vip)]), on: pool, tunnelled: isTunnelled(service), from: pool };
    return `${inWords(way)}${goesInTurn(service) ? "" : ", or some of them"}`;
  },
  byHand: (lab, { service: { vip, port } }) => [
    `curl http://${vip}:${port}/ # while, in another shell: npx lvs-lab capture -e --filter 'host ${clientAddress(lab)} or ip proto 4'`,
  ],
  hint: (_, { service }) =>
    `\`ipvsadm -ln\` on the director shows the method, which is to be ${methodOf(service).listed}. Answers from the director: the client reached a web ` +
    "server there. No answers: a real server lacks the VIP.",
  async look(view, { service }) {
    const { lab, live } = view;
    const network = networkOfVip(lab, service.vip).name;
    const client = addressOn(lab.client, network);
    const filter = `(tcp port ${service.port} and host ${client}) or ip proto 4`;
    const tcpdump = [
      "tcpdump",
      "-i",
      live.bridges[network] ?? "",
      "-e",
      "-n",
      "-l",
      "--immediate-mode",
      "-c",
      "400",
      filter,
    ];
    const capture = view.segment("timeout", "--signal", "INT", String(LISTEN_SECONDS), ...tcpdump);
    await delay(500);
    for (let request = 0; request < REQUESTS; request++) await askService(view, service);
    const way = wayIn((await capture).output, lab, { client, vip: service.vip });
    const pool = poolOf(service).map(({ server }) => server);
    return {
      passed:
        list(way.to) === holderOf(lab, service.vip) &&
        way.on.size > 0 &&
        [...way.on].every((name) => pool.includes(name)) &&
        way.tunnelled === isTunnelled(service) &&
        list(way.from) === list(way.on),
      seen: inWords(way),
      started: way.from.size > 0,
    };
  },
};

/** The way of a service's connections: servers by name, unknown hosts by hardware address. */
interface Way {
  /** Where the client's packets went first. */
  readonly to: ReadonlySet<string>;
  /** Where they were sent on to. */
  readonly on: ReadonlySet<string>;
  /** Whether those were inside packets of the director's; undefined: some were and some were not. */
  readonly tunnelled: boolean | undefined;
  /** Where answers came from. */
  readonly from: ReadonlySet<string>;
}

/** `1:2:3:4:5:6 > 7:8:9:a:b:c, ethertype IPv4 (0x0800), length 94: [SOURCE > DESTINATION: ]SOURCE.PORT > DESTINATION.PORT: …`, as tcpdump -e -n prints. */
const FRAME =
  /^\S+ (?<from>[\da-f:]{17}) > (?<to>[\da-f:]{17}), ethertype IPv4 \(0x0800\), length \d+: (?<outer>[\d.]+ > [\d.]+: (?:IP )?)?(?<source>\d+\.\d+\.\d+\.\d+)\.\d+ > (?<destination>\d+\.\d+\.\d+\.\d+)\.\d+: /gm;

function wayIn(text: string, lab: Lab, about: { client: string; vip: string }): Way {
  const hostOf = (mac = "") => serverWithMac(lab, mac) ?? mac;
  const directors = new Set(lab.servers.filter(({ role }) => role === "director").map(({ name }) => name));
  const [to, on, from] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const tunnelled = new Set<boolean>();
  for (const { groups = {} } of text.matchAll(FRAME)) {
    if (groups.source === about.client && groups.destination === about.vip) {
      if (!directors.has(hostOf(groups.from))) to.add(hostOf(groups.to));
      else {
        on.add(hostOf(groups.to));
        tunnelled.add(groups.outer !== undefined);
      }
    } else if (groups.source === about.vip && groups.destination === about.client) from.add(hostOf(groups.from));
  }
  return { to, on, tunnelled: tunnelled.size === 1 ? [...tunnelled][0] : undefined, from };
}

const list = (names: ReadonlySet<string>): string => [...names].sort().join(" and ") || "nobody";

const inWords = ({ to, on, tunnelled, from }: Way): string => {
  const how = tunnelled === undefined ? "" : tunnelled ? " in a tunnel" : " as they are";
  return `requests go to ${list(to)}, on to ${list(on)}${how}; ${list(from)} ${from.size === 1 ? "answers" : "answer"} the client`;
};
