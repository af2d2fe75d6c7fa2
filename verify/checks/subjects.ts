import {
  directors,
  type ForwardingMethod,
  familyOf,
  forwardingMethods,
  hostPort,
  type Ip,
  interfaceOn,
  inUrl,
  type Lab,
  longestPreemptDelay,
  networkOfVip,
  type Protocol,
  realServers,
  schemeAt,
  schemeOf,
  servedBy,
  serverNamed,
  servicesOf,
  serviceUrl,
  spokenBy,
  urlAt,
  type VirtualService,
  type VrrpInstance,
} from "../../lab/index.ts";
import { keepalivedProcess } from "../live/keepalived-process.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { oneAtATime } from "../live/one-at-a-time.ts";
import { UDP_QUESTION } from "../live/udp-question.ts";
import type { Evidence, View } from "../live/view.ts";

export { serverOfPage } from "../../lab/index.ts";

/** What a check is about: the host to look at, and the part of the lab. */
export interface Subject {
  /** A server's name, or `client`. */
  readonly host: string;
  readonly service?: VirtualService;
  readonly instance?: VrrpInstance;
}

export interface ServiceSubject extends Subject {
  readonly service: VirtualService;
}

export interface InstanceSubject extends Subject {
  readonly instance: VrrpInstance;
}

/** Every director. */
export const eachDirector = (lab: Lab): Subject[] => directors(lab).map(({ name }) => ({ host: name }));

/** Every director, with a service of each VIP. */
export const eachDirectorOfVip = (lab: Lab): ServiceSubject[] =>
  oncePerVip(directors(lab).flatMap(({ name }) => lab.services.map((service) => ({ host: name, service }))));

/** Every director that is a member of a VRRP instance, with the instance. */
export const eachMember = (lab: Lab): InstanceSubject[] =>
  lab.vrrp.flatMap((instance) => instance.members.map(({ server }) => ({ host: server, instance })));

/** The client with each VRRP instance. */
export const clientOfEachInstance = (lab: Lab): InstanceSubject[] =>
  lab.vrrp.map((instance) => ({ host: "client", instance }));

/** Every real server, with each service of that protocol that it is a destination of. */
export const eachRealServerBy = (lab: Lab, protocol: Protocol): ServiceSubject[] =>
  eachRealServer(lab).filter(({ service }) => service.protocol === protocol);

/** Every real server, with each service whose health check speaks this to it. */
export const eachRealServerAsked = (lab: Lab, speaks: ReturnType<typeof spokenBy>): ServiceSubject[] =>
  realServers(lab).flatMap(({ name }) =>
    servicesOf(lab, name)
      .filter((service) => spokenBy(service) === speaks)
      .map((service) => ({ host: name, service })),
  );

/** Every real server, with each service that it is a destination of, or the sorry server of. */
export const eachRealServer = (lab: Lab): ServiceSubject[] =>
  realServers(lab).flatMap(({ name }) => servedBy(lab, name).map((service) => ({ host: name, service })));

/** The client with each service. */
export const clientOfEachService = (lab: Lab): ServiceSubject[] =>
  lab.services.map((service) => ({ host: "client", service }));

/** The client with each TCP service whose directors share connections. */
export const clientOfSynced = (lab: Lab): ServiceSubject[] =>
  lab.vrrp.some(({ connectionSync }) => connectionSync)
    ? clientOfEachService(lab).filter(({ service }) => service.protocol === "tcp")
    : [];

/** Of subjects on one host whose services share a VIP, the first: for checks about the address. */
export const oncePerVip = (subjects: readonly ServiceSubject[]): ServiceSubject[] =>
  subjects.filter(
    ({ host, service }, index) =>
      index === subjects.findIndex((other) => other.host === host && other.service.vip === service.vip),
  );

/** A server's interface on a VIP's network. */
export const deviceFor = (lab: Lab, server: string, vip: Ip): string =>
  interfaceOn(serverNamed(lab, server), networkOfVip(lab, vip).name).device;

/** The method by which a service's packets are forwarded. */
export const methodOf = ({ forwarding }: VirtualService): ForwardingMethod => forwardingMethods[forwarding];

/** The service's URL as typed after `curl`. */
export const urlOf = (service: VirtualService): string => {
  const { vip, port } = service;
  if (schemeOf(service) === "https") return `--insecure ${serviceUrl(service)}`;
  return port === 80 ? inUrl(vip) : hostPort(vip, port);
};

/** Whether keepalived runs, however it was started, and may still complete what is missing. */
export const keepalivedRuns = async (view: View, server: string): Promise<boolean> =>
  (await keepalivedProcess(view, server)) !== undefined;

/** One request from the client to a virtual service, on its own connection or from a port of its own; the exit status is the result. */
export const askService = (view: View, service: VirtualService, port = service.port): Promise<Evidence> =>
  service.protocol === "udp"
    ? view.client("bash", "-c", UDP_QUESTION, "ask", service.vip, String(port))
    : view.client(
        ...["curl", "--silent", "--show-error", "--max-time", "5", ...insecure(service, port)],
        urlAt(service, port),
      );

/** Runs a work of this process while no other one that is about its own requests makes requests to the service. */
export const undisturbed = <T>(live: LiveLab, service: VirtualService, work: () => Promise<T>): Promise<T> =>
  oneAtATime(`${live.host.directory} ${service.name}`, work);

/** curl(1)'s option for a service with TLS: the certificates of a lab are nobody's. */
export const insecure = (service: VirtualService, port = service.port): string[] =>
  schemeAt(service, port) === "https" ? ["--insecure"] : [];

/** A request to a service as typed, by its protocol. */
export const askedByHand = (service: VirtualService): string =>
  service.protocol === "udp"
    ? `echo | socat -t 1 - UDP${familyOf(service.vip)}:${hostPort(service.vip, service.port)}`
    : `curl ${urlOf(service)}`;

/** Whether answers repeat with this period. */
export const repeats = (answers: readonly unknown[], period: number): boolean =>
  answers.every((answer, index) => index < period || answer === answers[index - period]);

/** Whether answers come from a pool of this size strictly in turn. */
export const areInTurn = (answers: readonly unknown[], size: number): boolean =>
  repeats(answers, size) && new Set(answers).size === size;

/** Every real server but the director itself, with each service by which packets reach it with the VIP as destination, so that it needs it. */
export const eachVipOwner = (lab: Lab): ServiceSubject[] =>
  eachRealServer(lab).filter(
    ({ host, service }) => serverNamed(lab, host).role === "real-server" && methodOf(service).keepsDestination,
  );

/** Whether the service's answers return through the director. */
export const answersThroughDirector = (service: VirtualService): boolean => methodOf(service).answersPassDirector;

/**
 * Seconds until an election is over: a master takes over after its master-down interval, 3.6 s at priority 100, or waits for its delay before it
 * preempts one that was earlier.
 */
export const electionTime = (lab: Lab): number => 15 + longestPreemptDelay(lab);

/** Whether keepalived runs, or is to run, the lab. */
export const underKeepalived = ({ control }: Lab): boolean => control === "keepalived";

/** Whether the lab's table is, or is to be, set up with ipvsadm. */
export const underIpvsadm = ({ control }: Lab): boolean => control === "ipvsadm";

export const everywhere = (): boolean => true;
