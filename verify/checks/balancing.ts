import { familyOf, goesInTurn, hostPort, poolOf, schedulingOf, type VirtualService } from "../../lab/index.ts";
import type { Passage } from "../distribution/director.ts";
import { type Event, REQUESTS } from "../distribution/experiment.ts";
import { isStretch, misfitIn, modelOf } from "../distribution/judge.ts";
import { measure } from "../distribution/measure.ts";
import { type Answer, unknownPage } from "../distribution/requests.ts";
import type { View } from "../live/view.ts";
import type { Check, Seen } from "./check.ts";
import {
  areInTurn,
  askedByHand,
  askService,
  clientOfEachService,
  everywhere,
  type ServiceSubject,
  serverOfPage,
} from "./subjects.ts";

/** How often it is measured while connections of others come between. */
const ATTEMPTS = 3;

export const balancing: Check<ServiceSubject> = {
  id: "balancing",
  title: "The client's requests to the VIP are shared out by the scheduler",
  role: "client",
  alone: true,
  proves:
    "All of it together, as the client sees it: ten requests, each on a connection of its own, and connections that stay open between them, go where " +
    "the scheduler's algorithm sends them given the weights and the connections at that moment, under rr strictly in turn.",
  grading: { ipvsadm: { points: 3 }, keepalived: { points: 3, after: "arp-owner" } },
  appliesTo: everywhere,
  settles: 15,
  subjects: clientOfEachService,
  expected: (_, { service }) => expectedOf(service),
  byHand: (_, { service }) => [
    ...(isPersistent(service) || service.protocol === "udp" || schedulingOf(service).decidedBy !== "loads"
      ? []
      : [`exec {held}<>/dev/tcp/${service.vip}/${service.port} # keeps a connection open`]),
    `for i in {1..${REQUESTS}}; do ${askedByHand(service)}; done`,
  ],
  hint: (_, { service }) =>
    "It depends on all the others, so fix those first. One real server alone: the client bypassed the director " +
    `(\`${familyOf(service.vip) === 6 ? "ip neigh flush" : "arp -d"} ${service.vip}\`), or the service is persistent. A request that hangs: its real server lacks the VIP.`,
  async look(view, { service }) {
    if (service.protocol === "udp") return await seenByDatagrams(view, service);
    const serverOf = (page: string) => serverOfPage(service, page)?.server;
    for (let attempt = 1; ; attempt++) {
      // Turns show without the director, unless connections of others take some.
      const askDirector = attempt > 1 || !goesInTurn(service);
      const { events, passage } = await measure(view, service, serverOf, { askDirector });
      const { text, again = false, ...verdict } = verdictOn(service, events, passage);
      if (!again || attempt === ATTEMPTS)
        return { ...verdict, seen: text, started: opened(events).some(({ answer }) => answer.outcome === "answered") };
    }
  },
};

const isPersistent = ({ persistenceTimeout }: VirtualService): boolean => persistenceTimeout !== undefined;

/** UDP has no connections to hold open: datagrams go in turn where the scheduler does, else each to some real server. */
async function seenByDatagrams(view: View, service: VirtualService): Promise<Seen> {
  const pool = poolOf(service).map(({ server }) => server);
  const answers: string[] = [];
  // By one-packet scheduling each goes to the next real server, though all come from one port.
  const talk = service.onePacket ? await datagramsTo(view, service, REQUESTS) : undefined;
  for (let request = 0; request < REQUESTS; request++) {
    const output = talk ? talk[request] : await datagramTo(view, service);
    const unknown = output === undefined ? "no answer" : unknownPage(output);
    answers.push((output === undefined ? undefined : serverOfPage(service, output)?.server) ?? unknown);
    // Every real server was asked, and it is no single failure: each that is not answered takes 2 s.
    if (answers.length > pool.length && answers.filter((answer) => answer === "no answer").length > 1) break;
  }
  const known = answers.every((answer) => pool.includes(answer));
  return {
    passed: known && (!goesInTurn(service) || areInTurn(answers, pool.length)),
    seen: answers.join(" "),
    started: answers.some((answer) => answer !== "no answer"),
  };
}

async function datagramTo(view: View, service: VirtualService): Promise<string | undefined> {
  const { output, status } = await askService(view, service);
  return status === 0 ? output : undefined;
}

/** Asks from one port again and again. @returns the answers, undefined for each that did not come within two seconds */
async function datagramsTo(view: View, { vip, port }: VirtualService, count: number): Promise<(string | undefined)[]> {
  const { output } = await view.client("bash", "-c", ONE_PORT, "ask", vip, String(port), String(count));
  return output
    .split("\0")
    .slice(0, count)
    .map((answer) => (answer.trim() === "" ? undefined : answer));
}

/** Sends `$3` datagrams to `$1` port `$2` from one port, each after the answer to the last one, and prints a zero byte after each answer. */
const ONE_PORT =
  'exec 3<>"/dev/udp/$1/$2"; for i in $(seq $3); do echo >&3; timeout 2 dd bs=65535 count=1 status=none <&3; printf "\\0"; done';

function expectedOf(service: VirtualService): string {
  const pool = poolOf(service);
  const names = pool.map(({ server }) => server);
  if (service.protocol === "udp" && !goesInTurn(service)) return `${REQUESTS} answers, each from a real server`;
  if (goesInTurn(service))
    return `${REQUESTS} answers${service.onePacket ? " to one port" : ""}, ${names.join(" and ")} in strict rotation`;
  if (isPersistent(service) && service.persistenceNetmask !== undefined)
    return `${REQUESTS} answers to two clients of one /${service.persistenceNetmask} network, all from one of ${names.join(", ")}`;
  if (isPersistent(service)) return `${REQUESTS} answers, all from one of ${names.join(", ")}`;
  const weights = pool.map(({ server, weight }) => `${server} ${weight}`);
  return `each connection ${schedulingOf(service).rule} (weights: ${weights.join(", ")})`;
}

interface Verdict extends Pick<Seen, "passed" | "hint"> {
  /** What was seen, and what was expected in its place. */
  readonly text: string;
  /** Whether it may be another one when it is measured again, with the director. */
  readonly again?: boolean;
}

type Opened = Exclude<Event, { readonly kind: "released" }>;

const opened = (events: readonly Event[]): Opened[] =>
  events.flatMap((event) => (event.kind === "released" ? [] : [event]));

/** The answers to requests alone, without those on connections that stay open. */
const answersIn = (events: readonly Event[]): string =>
  opened(events)
    .filter(({ kind }) => kind === "asked")
    .map(({ answer }) => answer.text)
    .join(" ");

function verdictOn(service: VirtualService, events: readonly Event[], passage: Passage | undefined): Verdict {
  const text = answersIn(events);
  if (!opened(events).every(({ answer }) => isRegular(service, answer))) return { passed: false, text };
  if (goesInTurn(service) && isInTurn(service, events)) return { passed: true, text };
  if (!passage) {
    if (!goesInTurn(service)) return { passed: false, text: `${text}; no director has the service in its table` };
    return { passed: false, text: isInTurn(service, events, "asked") ? inWords(events) : text, again: true };
  }
  const { answered, passed } = passage;
  if (passed < answered)
    return { passed: false, text: `${text}; ${answered - passed} of ${answered} connections went past the director` };
  if (isPersistent(service)) return { passed: new Set(opened(events).map(serverIn)).size === 1, text };
  return verdictByModel(service, events, passage);
}

const serverIn = ({ answer }: Opened): string | undefined => answer.server;

/** Whether it is from a real server that gets connections. Some schedulers may refuse one, but not those that go in turn. */
function isRegular(service: VirtualService, { server, outcome }: Answer): boolean {
  if (outcome === "refused") return !goesInTurn(service) && !isPersistent(service);
  return outcome === "answered" && poolOf(service).some((one) => one.server === server);
}

/** Whether connections go to the pool strictly in turn. `kind`: of this kind alone. */
function isInTurn(service: VirtualService, events: readonly Event[], kind?: Opened["kind"]): boolean {
  const servers = opened(events)
    .filter((event) => kind === undefined || event.kind === kind)
    .map(serverIn);
  return areInTurn(servers, poolOf(service).length);
}

function verdictByModel(service: VirtualService, events: readonly Event[], passage: Passage): Verdict {
  const method = schedulingOf(service);
  const model = modelOf(service, passage.start);
  const others = Object.values(passage.others).reduce((sum, count) => sum + count, 0);
  if (method.decidedBy === "turns" && others > 0) {
    const counts = countsOf(service, events, passage);
    const shares = poolOf(service).map(({ server }) => `${server} ${counts[server] ?? 0}`);
    return {
      passed: isStretch(method, model, counts),
      text: `${answersIn(events)}; others came between, and with theirs the shares are ${shares.join(", ")}`,
    };
  }
  if (method.decidedBy === "loads" && passage.disturbed)
    return { passed: true, text: `${inWords(events)}; not compared: others came between`, again: true };
  const misfit = misfitIn(method, model, service.vip, events);
  if (!misfit) return { passed: true, text: inWords(events) };
  if (goesInTurn(service) && !isInTurn(service, events, "asked")) return { passed: false, text: answersIn(events) };
  const number = opened(events.slice(0, misfit.at + 1)).length;
  const loads = method.decidedBy === "loads" ? ` (${misfit.loads})` : "";
  const wanted = `connection ${number} was to go to ${misfit.allowed.join(" or ")} by ${service.scheduler}${loads}`;
  const hint = `\`ipvsadm -ln --nosort\` on the director shows scheduler, weights and counts: is it ${service.scheduler}? docs/schedulers.md says what each scheduler does.`;
  return { passed: false, text: `${inWords(events)}; ${wanted}`, hint };
}

/** Connections by real server: the client's and those of others. */
function countsOf(
  { realServers }: VirtualService,
  events: readonly Event[],
  { others }: Passage,
): Record<string, number> {
  const servers = opened(events).map(serverIn);
  return Object.fromEntries(
    realServers.map(({ server, address, port }) => [
      server,
      servers.filter((one) => one === server).length + (others[hostPort(address, port)] ?? 0),
    ]),
  );
}

/** What happened, as words: `+` before a connection that stays open, `-` where it ends. */
function inWords(events: readonly Event[]): string {
  const words = events.map((event) => {
    if (event.kind === "released") return `-${event.server}`;
    return event.kind === "held" ? `+${event.answer.text}` : event.answer.text;
  });
  const legend = words.some((word) => word.startsWith("+")) ? " (+ stays open, - ends)" : "";
  return `${words.join(" ")}${legend}`;
}
