import { setTimeout as delay } from "node:timers/promises";
import {
  addressBeside,
  clientAddress,
  familyOf,
  goesInTurn,
  holderOf,
  hostPort,
  type Ip,
  instanceOfVip,
  type Lab,
  networkOfVip,
  poolOf,
  serverWithMac,
  subnetFor,
  type VirtualService,
  virtualMacOf,
} from "../../lab/index.ts";
import type { Check } from "./check.ts";
import {
  askedByHand,
  askService,
  clientOfEachService,
  electionTime,
  everywhere,
  methodOf,
  type ServiceSubject,
} from "./subjects.ts";

/** How many requests are followed, and for how long tcpdump listens, in seconds. */
const REQUESTS = 4;
const LISTEN_SECONDS = 2;

export const forwardingPath: Check<ServiceSubject> = {
  id: "forwarding-path",
  title: "Packets take the way of the service's forwarding method, there and back",
  role: "client",
  alone: true,
  proves:
    "What the configuration says is what the wire shows: the director hands the client's packets on by direct routing with another MAC " +
    "address, by tunnelling inside packets of its own, by address translation with the real server's address; and answers come from the real " +
    "servers themselves, or through the director where it translates.",
  appliesTo: everywhere,
  settles: electionTime,
  subjects: clientOfEachService,
  expected(lab, { service }) {
    const pool = poolOf(service).map(({ server }) => server);
    const holder = holderOf(lab, service.vip);
    // What the director serves itself it sends on to nobody.
    const on = new Set(pool.filter((name) => name !== holder));
    const through = new Set(methodOf(service).answersPassDirector ? [holder] : pool);
    const way = { to: new Set([holder]), on, how: howBy(service), answering: on, through };
    return `${inWords(way)}${goesInTurn(service) ? "" : ", or some of them"}`;
  },
  byHand: (lab, { service }) => [
    `${askedByHand(service)} # while, in another shell: npx lvs-lab capture -e --filter 'host ${clientAddress(lab, familyOf(service.vip))} or ip proto 4'`,
  ],
  hint: (_, { service }) =>
    `\`ipvsadm -ln\` on the director shows the method, which is to be ${methodOf(service).listed}. Answers from the director: the client reached a web ` +
    `server there. ${
      methodOf(service).answersPassDirector
        ? "No answers: the real servers' default route is not the director, or it does not forward packets (net.ipv4.ip_forward)."
        : "No answers: a real server lacks the VIP."
    }`,
  async look(view, { service }) {
    const { lab, live } = view;
    const client = addressBeside(lab, lab.client, service.vip);
    const captures = networksOf(lab, service).map((network) => {
      const tcpdump = ["tcpdump", "-i", live.bridges[network] ?? "", "-e", "-n", "-l", "--immediate-mode", "-c", "400"];
      const filter = `(${service.protocol} and host ${client}) or ip proto 4`;
      return view.segment("timeout", "--signal", "INT", String(LISTEN_SECONDS), ...tcpdump, filter);
    });
    await delay(500);
    for (let request = 0; request < REQUESTS; request++) await askService(view, service);
    const text = (await Promise.all(captures)).map(({ output }) => output).join("");
    const way = wayIn(text, lab, service, client);
    const pool = poolOf(service).map(({ server }) => server);
    const holder = holderOf(lab, service.vip);
    const local = pool.includes(holder);
    const through = new Set([...way.through].filter((name) => !local || name !== holder));
    return {
      passed:
        list(way.to) === holder &&
        way.on.size > 0 &&
        [...way.on].every((name) => pool.includes(name)) &&
        way.how === howBy(service) &&
        list(way.answering) === list(way.on) &&
        list(through) === (methodOf(service).answersPassDirector ? holder : list(way.answering)),
      seen: inWords(way),
      started: way.through.size > 0,
    };
  },
};

/** How packets reach a real server: unchanged but for the frame, inside packets of the director's, or with the real server's address. */
type How = "as they are" | "in a tunnel" | "readdressed";

const howBy = (service: VirtualService): How => {
  const { keepsDestination, tunnelDevice } = methodOf(service);
  return tunnelDevice ? "in a tunnel" : keepsDestination ? "as they are" : "readdressed";
};

/** The networks that a service's packets cross: the VIP's first. */
const networksOf = (lab: Lab, service: VirtualService): string[] => {
  const subnets = service.realServers.map(({ address }) => subnetFor(lab, address));
  const behind = lab.networks.filter((network) => network.subnets.some((subnet) => subnets.includes(subnet)));
  return [...new Set([networkOfVip(lab, service.vip).name, ...behind.map(({ name }) => name)])];
};

/** The way of a service's connections: servers by name, unknown hosts by hardware address. */
interface Way {
  /** Where the client's packets went first. */
  readonly to: ReadonlySet<string>;
  /** Where they were sent on to. */
  readonly on: ReadonlySet<string>;
  /** How; undefined: in several ways, or in none. */
  readonly how: How | undefined;
  /** Whose answers there were. */
  readonly answering: ReadonlySet<string>;
  /** Who handed them to the client. */
  readonly through: ReadonlySet<string>;
}

/** `1:2:3:4:5:6 > 7:8:9:a:b:c, ethertype IPv4 (0x0800), length 94: [SOURCE > DESTINATION: ]SOURCE.PORT > DESTINATION.PORT: …`, as tcpdump -e -n prints. */
const FRAME =
  /^\S+ (?<from>[\da-f:]{17}) > (?<to>[\da-f:]{17}), ethertype IPv4 \(0x0800\), length \d+: (?<outer>[\d.]+ > [\d.]+: (?:IP )?)?(?<source>\d+\.\d+\.\d+\.\d+)\.(?<sourcePort>\d+) > (?<destination>\d+\.\d+\.\d+\.\d+)\.(?<destinationPort>\d+): /gm;

/** The same of IPv6: `… ethertype IPv6 (0x86dd), length 94: SOURCE.PORT > DESTINATION.PORT: …`. Nothing is tunnelled there. */
const FRAME6 =
  /^\S+ (?<from>[\da-f:]{17}) > (?<to>[\da-f:]{17}), ethertype IPv6 \(0x86dd\), length \d+: (?<source>[\da-f:]+)\.(?<sourcePort>\d+) > (?<destination>[\da-f:]+)\.(?<destinationPort>\d+): /gm;

function wayIn(text: string, lab: Lab, service: VirtualService, client: Ip): Way {
  const instance = instanceOfVip(lab, service.vip);
  const shared = instance && virtualMacOf(instance);
  const hostOf = (mac = "") => serverWithMac(lab, mac) ?? (mac === shared ? holderOf(lab, service.vip) : mac);
  const roles = new Map(lab.servers.map(({ name, role }) => [name, role]));
  const known = new Map(service.realServers.map(({ address, port, server }) => [hostPort(address, port), server]));
  const virtual = hostPort(service.vip, service.port);
  const [to, on, answering, through] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
  const ways = new Set<How>();
  for (const { groups = {} } of text.matchAll(familyOf(client) === 6 ? FRAME6 : FRAME)) {
    const [source, destination] = [
      hostPort(groups.source as Ip, Number(groups.sourcePort)),
      hostPort(groups.destination as Ip, Number(groups.destinationPort)),
    ];
    const [sender, receiver] = [hostOf(groups.from), hostOf(groups.to)];
    if (groups.source === client && (destination === virtual || known.has(destination))) {
      if (roles.get(sender) !== "director") to.add(receiver);
      else {
        on.add(receiver);
        ways.add(destination !== virtual ? "readdressed" : groups.outer !== undefined ? "in a tunnel" : "as they are");
      }
    } else if (groups.destination === client && (source === virtual || known.has(source))) {
      if (roles.get(sender) !== "director") answering.add(sender);
      if (!roles.has(receiver)) through.add(sender);
    }
  }
  return { to, on, how: ways.size === 1 ? [...ways][0] : undefined, answering, through };
}

const list = (names: ReadonlySet<string>): string => [...names].sort().join(" and ") || "nobody";

function inWords({ to, on, how, answering, through }: Way): string {
  // One that answers and is sent nothing on serves itself.
  const direct = [...answering].every((name) => through.has(name));
  const all = direct ? through : answering;
  const answers = `${list(all)} ${all.size > 1 ? "answer" : "answers"}`;
  const last = direct ? "the client" : `through ${list(through)}`;
  return `requests go to ${list(to)}, on to ${list(on)}${how === undefined ? "" : ` ${how}`}; ${answers} ${last}`;
}
