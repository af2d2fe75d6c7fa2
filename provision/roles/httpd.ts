import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { pageOf, portsOf } from "../../lab/index.ts";
import { type OsFamily, osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { defineRole } from "./role.ts";
import { retire, serviceAnswers, serviceQuestion, serviceState, startService, typedStart } from "./service.ts";
import { listed, typed, typedFile } from "./typed.ts";

/** The web server of a real server. Its page names the server that answered. */
export const httpd = defineResource({
  type: "Httpd",
  summary: "A web server whose page names the server that answers.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The full index.html. */
    page: z.string(),
    /** TCP ports: under direct routing a real server receives packets for the virtual service's own port. */
    ports: z.array(z.number()).min(1),
    /** Those of them on which it speaks TLS, with a certificate of its own making. */
    tlsPorts: z.array(z.number()).default([]),
    ...serviceState,
  }),

  upgrade: ({ port, ...rest }) => ({
    tlsPorts: [],
    ...("ports" in rest || port === undefined ? rest : { ...rest, ports: [port] }),
  }),

  async observe({ server: ref }) {
    const { service, page: path, ports: portFiles, tls } = osFamilies[ref.os].httpd;
    const server = await connectTo(ref);
    const seen = await server.look({
      page: command`cat ${path}`,
      tls: command`cat ${tls.path}`,
      certificate: command`test -s ${tls.certificate} && test -s ${tls.key} && echo there`,
      ports: portFiles
        .map(({ path, line }) => command`sed -n ${`s/^${line.pattern}$/\\1/p`} ${path}`)
        .join(`; echo ${NEXT_FILE}; `),
      ...serviceQuestion(service),
    });
    // All files must name the same ports.
    const found = new Set(
      seen.ports.text.split(`${NEXT_FILE}\n`).map((ports) => ports.trim().replaceAll("*:", "").replaceAll("\n", " ")),
    );
    return {
      page: seen.page.text,
      ports: found.size === 1 ? [...found][0]?.split(" ").map(Number) : undefined,
      tlsPorts: tlsPortsIn(seen.tls.text, tls, seen.certificate.text.trim() !== ""),
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, page, ports, tlsPorts }, observed, progress) {
    const { service, page: path, ports: portFiles, tls } = osFamilies[ref.os].httpd;
    const server = await connectTo(ref);
    const secure = !isDeepStrictEqual(observed?.tlsPorts, tlsPorts);
    const move = secure || !isDeepStrictEqual(observed?.ports, ports);
    if (move || !observed?.running || !observed.enabled) progress(`starting ${service} on port ${ports.join(", ")}`);
    await server.script(
      [
        "set -e",
        ...(observed?.page === page ? [] : [writing(path, page)]),
        ...(secure ? tlsCommands(tlsPorts, tls) : []),
        ...(move ? portFiles.map((file) => command`${portEdit(file, ports)}`) : []),
        ...(move || !observed?.running || !observed.enabled
          ? [startService(service, observed, move ? "restart" : "start")]
          : []),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    const { service, page: path, tls } = osFamilies[ref.os].httpd;
    const server = await connectTo(ref);
    await retire(server, service);
    await server.run`rm -f ${path} ${[tls.path, tls.certificate, tls.key]}`;
  },
});

/** Separates what different files say of the ports. */
const NEXT_FILE = "---";

/** The words of a sed command that makes a file name these ports: the first such line becomes all wanted ones, the others go. */
export const portEdit = (
  { path, line: { pattern, text } }: OsFamily["httpd"]["ports"][number],
  ports: readonly number[],
): string[] => [
  ...["sed", "-i", "-e", `0,/^${pattern}$/s//PORTS/`, "-e", `/^${pattern}$/d`],
  ...["-e", `s|^PORTS$|${text(ports).replaceAll("\n", "\\n")}|`, path],
];

type Tls = OsFamily["httpd"]["tls"];

/** The ports with TLS by its file; undefined if the file is not as the role writes it, or its certificate is missing. */
export function tlsPortsIn(text: string, tls: Tls, certificate: boolean): number[] | undefined {
  if (text === "") return [];
  const ports = [...text.matchAll(/\*:(\d+)/g)].map(([, port]) => Number(port));
  return text === tls.text(ports) && certificate ? ports : undefined;
}

/** Commands that establish TLS on these ports. keepalived and the lab's clients verify no certificate, so it is made on the server. */
export const tlsCommands = (ports: readonly number[], tls: Tls): string[] =>
  ports.length === 0 ? [command`rm -f ${tls.path}`] : [...certificateCommands(tls), writing(tls.path, tls.text(ports))];

const certificateCommands = ({ certificate, key }: Tls): string[] => [
  command`mkdir -p ${dirname(key)}`,
  command`[ -s ${certificate} ] && [ -s ${key} ] || (umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$(hostname)" -keyout ${key} -out ${certificate})`,
];

export const role = defineRole({
  resource: httpd,

  inputsOf(lab, { name }) {
    const ports = portsOf(lab, name, "tcp");
    if (ports.length === 0) return;
    return { page: pageOf(lab, name), ports, tlsPorts: portsOf(lab, name, "tcp", { tls: true }) };
  },

  packageGroups: () => ["httpd"],

  byHand({ page, ports, tlsPorts }, { server: { os } }) {
    const { service, page: path, ports: portFiles, packagedPorts, tls } = osFamilies[os].httpd;
    const move = !isDeepStrictEqual(ports, packagedPorts);
    const secure = tlsPorts.length > 0;
    return {
      steps: [
        {
          why: "The page, by which the client tells the real servers apart.",
          commands: [typedFile(path, page)],
          check: "httpd-page",
        },
        ...(move
          ? [
              {
                why: `Listen on ${ports.length === 1 ? "port" : "ports"} ${listed(ports.map(String))}: the director sends there.`,
                commands: portFiles.map((file) => typed`${portEdit(file, ports)}`),
                check: "httpd-page",
              },
            ]
          : []),
        ...(secure
          ? [
              {
                why: `Speak TLS on ${tlsPorts.length === 1 ? "port" : "ports"} ${listed(tlsPorts.map(String))}, with a certificate of its own: nobody verifies it here.`,
                commands: [...certificateCommands(tls), typedFile(tls.path, tls.text(tlsPorts))],
                check: "httpd-page",
              },
            ]
          : []),
        {
          why: "Start the web server, now and at each boot.",
          commands: typedStart(service, move || secure ? "restart" : "start"),
          check: "httpd-page",
        },
      ],
    };
  },
});
