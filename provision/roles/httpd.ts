import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { retire, serviceAnswers, serviceQuestions, serviceState, startService } from "./service.ts";

const { service, page: path, ports } = osFamilies.debian.httpd;

/** The web server of a real server. Its page tells which server answered. */
export const httpd = defineResource({
  type: "Httpd",
  summary: "A web server whose page names the server that answers.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The whole of index.html. */
    page: z.string(),
    /** TCP port: under direct routing a real server gets packets for the virtual service's own port. */
    port: z.number().default(80),
    ...serviceState,
  }),

  async observe({ server: ref }) {
    const server = await connectTo(ref);
    const seen = await server.look({
      page: command`cat ${path}`,
      ports: ports.map((file) => command`sed -n ${`s/^${pattern(file.line)}$/\\1/p`} ${file.path}`).join("; "),
      ...serviceQuestions(service),
    });
    const found = new Set(seen.ports.text.trim().split("\n"));
    return {
      page: seen.page.text,
      port: found.size === 1 ? Number([...found][0]) : undefined,
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, page, port }, observed, progress) {
    const server = await connectTo(ref);
    const move = observed?.port !== port;
    if (move || !observed?.running || !observed.enabled) progress(`starting ${service} on port ${port}`);
    await server.script(
      [
        "set -e",
        ...(observed?.page === page ? [] : [writing(path, page)]),
        ...(move
          ? ports.map(
              (file) =>
                command`sed -i ${`s/^${pattern(file.line)}$/${file.line.replace("PORT", String(port))}/`} ${file.path}`,
            )
          : []),
        ...(move || !observed?.running || !observed.enabled
          ? [startService(service, observed, move ? "restart" : "start")]
          : []),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    const server = await connectTo(ref);
    await retire(server, service);
    await server.run`rm -f ${path}`;
  },
});

/** A line of the table as a basic regular expression whose group is the port. */
const pattern = (line: string): string => line.replace("*", "\\*").replace("PORT", "\\([0-9]*\\)");
