import type { Check } from "./check.ts";
import { destinationOn, eachRealServer, everywhere, type ServiceSubject, samePage, serverOfPage } from "./subjects.ts";

/** curl(1): the connection was refused. */
const REFUSED = 7;

export const httpdPage: Check<ServiceSubject> = {
  id: "httpd-page",
  title: "The web server answers locally with its own page",
  role: "real-server",
  proves:
    "There is something to balance: each real server serves by itself, on the service's own port, for direct routing rewrites none. That " +
    "the pages differ lets the client see who answered.",
  grading: { ipvsadm: { points: 1 }, keepalived: { points: 1 } },
  appliesTo: everywhere,
  subjects: eachRealServer,
  expected: (_, subject) => JSON.stringify(pageOf(subject)),
  byHand: (_, { service: { port } }) => [port === 80 ? "curl localhost" : `curl localhost:${port}`],
  hint: (_, subject) =>
    `\`apt-get install apache2\`, \`echo ${pageOf(subject).trim()} >/var/www/html/index.html\`, \`systemctl enable --now apache2\`` +
    (subject.service.port === 80
      ? "."
      : `; \`Listen ${subject.service.port}\` in /etc/apache2/ports.conf: the port is the virtual service's.`),
  async look(view, subject) {
    const { host, service } = subject;
    const { output, status } = await view.on(
      host,
    )`curl --silent --show-error --max-time 10 http://localhost:${subject.service.port}/`;
    if (status === REFUSED) {
      const { output: written } = await view.on(host)`ls /var/www/html 2>/dev/null`;
      return written.trim() === ""
        ? { passed: false, seen: "no web server", started: false }
        : {
            passed: false,
            seen: `a page, but no answer on port ${subject.service.port}`,
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

const pageOf = ({ host, service }: ServiceSubject): string => destinationOn(service, host)?.page ?? "";

/** A page on one line: a web server's default page has hundreds. */
const brief = (page: string): string =>
  page.length <= 60
    ? JSON.stringify(page)
    : `${JSON.stringify(page.slice(0, 60))} and ${page.length - 60} characters more`;
