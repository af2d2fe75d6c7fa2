import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type OsFamily, type OsName, osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { retire, serviceAnswers, serviceQuestions, serviceState, startService, typedStart } from "./service.ts";
import type { ByHand } from "./step.ts";
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
    ...serviceState,
  }),

  upgrade: ({ port, ...rest }) => ("ports" in rest || port === undefined ? rest : { ...rest, ports: [port] }),

  async observe({ server: ref }) {
    const { service, page: path, ports: portFiles } = osFamilies[ref.os].httpd;
    const server = await connectTo(ref);
    const seen = await server.look({
      page: command`cat ${path}`,
      ports: portFiles
        .map(({ path, line }) => command`sed -n ${`s/^${line.pattern}$/\\1/p`} ${path} | xargs`)
        .join("; "),
      ...serviceQuestions(service),
    });
    // All files must name the same ports.
    const found = new Set(
      seen.ports.text
        .trim()
        .split("\n")
        .map((line) => line.replaceAll("*:", "")),
    );
    return {
      page: seen.page.text,
      ports: found.size === 1 ? [...found][0]?.split(" ").map(Number) : undefined,
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, page, ports }, observed, progress) {
    const { service, page: path, ports: portFiles } = osFamilies[ref.os].httpd;
    const server = await connectTo(ref);
    const move = !isDeepStrictEqual(observed?.ports, ports);
    if (move || !observed?.running || !observed.enabled) progress(`starting ${service} on port ${ports.join(", ")}`);
    await server.script(
      [
        "set -e",
        ...(observed?.page === page ? [] : [writing(path, page)]),
        ...(move ? portFiles.map((file) => command`${portEdit(file, ports)}`) : []),
        ...(move || !observed?.running || !observed.enabled
          ? [startService(service, observed, move ? "restart" : "start")]
          : []),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    const { service, page: path } = osFamilies[ref.os].httpd;
    const server = await connectTo(ref);
    await retire(server, service);
    await server.run`rm -f ${path}`;
  },
});

/** The words of a sed command that makes a file name these ports: the first such line becomes all wanted ones, the others go. */
export const portEdit = (
  { path, line: { pattern, text } }: OsFamily["httpd"]["ports"][number],
  ports: readonly number[],
): string[] => [
  ...["sed", "-i", "-e", `0,/^${pattern}$/s//PORTS/`, "-e", `/^${pattern}$/d`],
  ...["-e", `s|^PORTS$|${text(ports).replaceAll("\n", "\\n")}|`, path],
];

export const byHand = ({ page, ports }: { page: string; ports: readonly number[] }, { os }: { os: OsName }): ByHand => {
  const { service, page: path, ports: portFiles, packagedPorts } = osFamilies[os].httpd;
  const move = !isDeepStrictEqual(ports, packagedPorts);
  return {
    steps: [
      {
        why: "The page, by which the client tells the real servers apart.",
        commands: [typedFile(path, page)],
      },
      ...(move
        ? [
            {
              why: `Listen on ${ports.length === 1 ? "port" : "ports"} ${listed(ports.map(String))}: the director sends there.`,
              commands: portFiles.map((file) => typed`${portEdit(file, ports)}`),
            },
          ]
        : []),
      { why: "Start the web server, now and at each boot.", commands: typedStart(service, move ? "restart" : "start") },
    ],
  };
};
