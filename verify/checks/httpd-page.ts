import type { Check } from "./check.ts";
import { destinationOn, eachRealServerBy, type ServiceSubject, samePage, serverOfPage } from "./subjects.ts";

/** curl(1): the connection was refused. */
const REFUSED = 7;

export const httpdPage: Check<ServiceSubject> = {
  id: "httpd-page",
  title: "The web server answers locally with its own page",
  role: "real-server",
  proves:
    "There is something to balance: each real server serves by itself, on the port that the director sends to. That " +
    "the pages differ lets the client see who answered.",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: (lab) => lab.services.some(({ protocol }) => protocol === "tcp"),
  subjects: (lab) => eachRealServerBy(lab, "tcp"),
  expected: (_, subject) => JSON.stringify(pageOf(subject)),
  byHand: (_, subject) => [portOf(subject) === 80 ? "curl localhost" : `curl localhost:${portOf(subject)}`],
  hint: (_, subject) =>
    `\`apt-get install apache2\`, \`echo ${pageOf(subject).trim()} >/var/www/html/index.html\`, \`systemctl enable --now apache2\`` +
    (portOf(subject) === 80
      ? "."
      : `; \`Listen ${portOf(subject)}\` in /etc/apache2/ports.conf: the director sends to this port.`),
  async look(view, subject) {
    const { host, service } = subject;
    const { output, status } = await view.on(
      host,
    )`curl --silent --show-error --max-time 10 http://localhost:${portOf(subject)}/`;
    if (status === REFUSED) {
      const { output: written } = await view.on(host)`ls /var/www/html 2>/dev/null`;
      return written.trim() === ""
        ? { passed: false, seen: "no web server", started: false }
        : {
            passed: false,
            seen: `a page, but no answer on port ${portOf(subject)}`,
            started: true,
            hint: "`systemctl enable --now apache2`; if it does not start, `systemctl status apache2` says why.",
          };
    }
    const other = serverOfPage(service, output)?.server;
    return {
      passed: status === 0 && samePage(output, pageOf(subject)),
      seen: brief(output),
      started: true,
      ...(other !== undefined && other !== host
        ? { hint: `That is ${other}'s page: the client tells servers apart by it.` }
        : {}),
    };
  },
};

const portOf = ({ host, service }: ServiceSubject): number => destinationOn(service, host)?.port ?? service.port;

const pageOf = ({ host, service }: ServiceSubject): string => destinationOn(service, host)?.page ?? "";

/** A page on one line: a web server's default page has hundreds. */
const brief = (page: string): string =>
  page.length <= 60
    ? JSON.stringify(page)
    : `${JSON.stringify(page.slice(0, 60))} and ${page.length - 60} characters more`;
