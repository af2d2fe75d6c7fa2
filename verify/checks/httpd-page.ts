import { destinationOn, familyOf, hostPort, type Ip, inUrl, pageFor, portFor, schemeOf } from "../../lab/index.ts";
import { listening } from "../live/listeners.ts";
import { isLocal, requestTo } from "../live/reception.ts";
import type { View } from "../live/view.ts";
import type { Check, Seen } from "./check.ts";
import { deviceFor, eachRealServerBy, insecure, methodOf, type ServiceSubject, serverOfPage } from "./subjects.ts";

/** curl(1): the connection was refused. */
const REFUSED = 7;

/** Judged by the page that is served: any web server will do, and any page that names the server and no other of its service. */
export const httpdPage: Check<ServiceSubject> = {
  id: "httpd-page",
  title: "The web server answers on the server itself, with a page that names it",
  role: "real-server",
  proves:
    "There is something to balance: each real server serves by itself, on the port that the director sends to. That " +
    "the pages differ lets the client see who answered.",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: (lab) => lab.services.some(({ protocol }) => protocol === "tcp"),
  subjects: (lab) => eachRealServerBy(lab, "tcp"),
  expected: (_, subject) =>
    `${JSON.stringify(pageOf(subject))}${isSorry(subject) ? "" : `, or another page that names ${subject.host} alone${andToken(subject)}`}`,
  byHand: (_, subject) => {
    const where = portOf(subject) === 80 ? inUrl(addressOf(subject)) : hostPort(addressOf(subject), portOf(subject));
    return [schemeOf(subject.service) === "https" ? `curl --insecure https://${where}` : `curl ${where}`];
  },
  hint: (_, subject) =>
    `There is no web server yet. Any will do, if it listens on port ${portOf(subject)}, to which the director sends, and its page names ${subject.host}${andToken(subject)}.`,
  async look(view, subject) {
    const { host, service } = subject;
    const page = async (address: Ip) =>
      await view.on(
        host,
      )`curl ${["--silent", "--show-error", "--max-time", "10", ...insecure(service)]} ${`${schemeOf(service)}://${hostPort(address, portOf(subject))}/`}`;
    const isOwn = ({ status, output }: Awaited<ReturnType<typeof page>>): boolean =>
      status === 0 && (isSorry(subject) ? samePage(output, subject) : serverOfPage(service, output)?.server === host);
    let found = await page(addressOf(subject));
    // Packets that keep the VIP: a web server may listen on it alone, or have another page there.
    if (
      !isOwn(found) &&
      methodOf(service).keepsDestination &&
      (await isLocal(view, host, service.vip, deviceFor(view.lab, host, service.vip))).takes
    ) {
      const atVip = await page(service.vip);
      if (isOwn(atVip) || found.status === REFUSED) found = atVip;
    }
    const { status, output } = found;
    if (isOwn(found)) return { passed: true, seen: brief(output), started: true };
    if (status === REFUSED) return await nobody(view, subject);
    const other = serverOfPage(service, output)?.server;
    return {
      passed: false,
      seen: brief(output),
      started: true,
      hint:
        status !== 0
          ? NO_CONNECTION.test(output)
            ? `Connections to port ${portOf(subject)} are neither taken nor refused: does a packet filter drop them?`
            : "The web server takes connections, and does not answer as it should: its log tells why."
          : other === undefined
            ? `The client tells servers apart by their pages: this one must name ${host}, and no other real server${tokenOf(subject) ? `, and have the token ${tokenOf(subject)}` : ""}.`
            : `That is ${other}'s page: the client tells servers apart by it.`,
    };
  },
};

/** What curl says where its SYN is not answered. */
const NO_CONNECTION = /Connection timed out|Connection timeout/;

const portOf = ({ host, service }: ServiceSubject): number => portFor(service, host);

/** Whether it answers for real servers, and is none itself. */
const isSorry = ({ host, service }: ServiceSubject): boolean => destinationOn(service, host) === undefined;

const samePage = (page: string, subject: ServiceSubject): boolean => page.trim() === pageOf(subject).trim();

/** The address that the director sends to, or a packet's own way to the server. */
const addressOf = ({ host, service }: ServiceSubject): Ip =>
  destinationOn(service, host)?.address ?? service.sorryServer?.address ?? service.vip;

const pageOf = ({ host, service }: ServiceSubject): string => pageFor(service, host);

/** The word that a page must have beside the server's name; in most labs there is none. */
const tokenOf = ({ host, service }: ServiceSubject): string | undefined => destinationOn(service, host)?.token;

const andToken = (subject: ServiceSubject): string => {
  const token = tokenOf(subject);
  return token === undefined ? "" : ` and has the token ${token}`;
};

/** What there is where connections are refused. */
async function nobody(view: View, subject: ServiceSubject): Promise<Seen> {
  const { host, service } = subject;
  const { keepsDestination } = methodOf(service);
  const port = portOf(subject);
  const sockets = (await listening(view, host)).filter(({ program }) => !["sshd", "smtpd"].includes(program));
  const here = sockets.find((one) => one.port === port);
  const [elsewhere] = sockets;
  const { output: written } = await view.on(host)`ls -A /var/www/html 2>/dev/null`;
  if (here)
    return {
      passed: false,
      seen: `${here.program} listens on ${here.address} alone`,
      started: true,
      hint: `${here.program} listens on ${here.address} alone, where the director's packets do not go: they are for ${keepsDestination ? "the VIP" : addressOf(subject)}.`,
    };
  if (elsewhere) {
    // Packets for the VIP may be redirected to that port.
    const { status, output } =
      keepsDestination && familyOf(service.vip) === 4
        ? await requestTo(view, host, service)
        : { status: REFUSED, output: "" };
    if (status === 0 && serverOfPage(service, output)?.server === host)
      return { passed: true, seen: brief(output), started: true };
    return {
      passed: false,
      seen: `nobody listens on port ${port}; ${elsewhere.program} listens on port ${elsewhere.port}`,
      started: true,
      hint: `${elsewhere.program} listens on port ${elsewhere.port}. The director sends to port ${port}.`,
    };
  }
  if (written.trim() === "") return { passed: false, seen: "no web server", started: false };
  return {
    passed: false,
    seen: `a page, but no answer on port ${port}`,
    started: true,
    hint: `Nobody listens on port ${port}. Is the web server's service running, and enabled for the next boot? If it does not start, \`systemctl status\` says why.`,
  };
}

/** A page on one line: a web server's default page has hundreds. */
const brief = (page: string): string =>
  page.length <= 60
    ? JSON.stringify(page)
    : `${JSON.stringify(page.slice(0, 60))} and ${page.length - 60} characters more`;
