import { join } from "node:path";
import { z } from "zod";

/** What is answered to who asks for a path, where it is not the stand-in's name with status 200. */
const webAnswer = z.object({
  /** Without a query. */
  path: z.string(),
  /** The name of the host that is asked for, in lower case; not there: any. */
  host: z.string().optional(),
  status: z.int().min(200).max(599).default(200),
  /** What is sent; not there: the name, or with other statuses nothing. */
  page: z.string().optional(),
  /** Whether all clients get it; without, health checks alone. */
  everyone: z.boolean().default(false),
});

/** A TCP port on which a stand-in answers by HTTP. */
export const listener = z.object({
  port: z.int().min(1).max(65535),
  tls: z.boolean().default(false),
  answers: z.array(webAnswer).default([]),
});

type Listener = z.output<typeof listener>;
type WebAnswer = z.output<typeof webAnswer>;

/** Where a stand-in's own files are. */
export interface WebFiles {
  readonly config: string;
  readonly pid: string;
  readonly log: string;
  /** The directory of its pages. */
  readonly pages: string;
}

export const webFilesOf = (directory: string, name: string): WebFiles => ({
  config: join(directory, "run", `stand-in-${name}.conf`),
  pid: join(directory, "run", `stand-in-${name}.pid`),
  log: join(directory, "log", `stand-in-${name}.log`),
  pages: join(directory, "run", `stand-in-${name}.pages`),
});

/** The certificate of all stand-ins of a lab, with its key. */
export const certificateOf = (directory: string): string => join(directory, "cache", "stand-in.pem");

/** The pages of a stand-in's listeners, each once. Their files have their places as names. */
export const pagesOf = (listeners: readonly Listener[]): string[] => [
  ...new Set(listeners.flatMap(({ answers }) => answers.flatMap(({ page }) => page ?? []))),
];

const quoted = JSON.stringify;

/**
 * nginx's configuration of a stand-in: every path answers with its name, 200. Other answers are for health checks, which keepalived's request_template in
 * check_http.c tells by their User-Agent: clients ask for the same paths.
 */
export function webConfig(directory: string, name: string, listeners: readonly Listener[]): string {
  const { pid, pages: folder } = webFilesOf(directory, name);
  const pages = pagesOf(listeners);
  const page = `return 200 "${name}\\n";`;
  const temporary = (what: string) => quoted(join(directory, "cache", what));
  /** A page comes from its file: in a text for `return`, $ would be that of a variable. */
  const sent = (text: string) => `root ${quoted(folder)}; try_files /${pages.indexOf(text)} =404;`;
  const given = ({ status, page: text }: WebAnswer): string => {
    if (text === undefined) return status === 200 ? page : `return ${status} ${status < 400 ? "/" : '""'};`;
    return status === 200
      ? sent(text)
      : `error_page ${TEAPOT} =${status} @page${pages.indexOf(text)}; return ${TEAPOT};`;
  };
  const servers = listeners.map(({ port, tls, answers }) => {
    const secure = tls ? " ssl" : "";
    const certified = tls
      ? ["certificate", "certificate_key"].map((key) => `\n    ssl_${key} ${quoted(certificateOf(directory))};`)
      : [];
    const locations = [...new Set(answers.map(({ path }) => path))].flatMap((path) => {
      const here = answers.flatMap((answer, index) => (answer.path === path ? [{ answer, index }] : []));
      // Those for a host's name before those for any.
      const ordered = here.toSorted((one, other) => Number(!one.answer.host) - Number(!other.answer.host));
      const checked = ordered.map(
        ({ answer: { host }, index }) =>
          `if (${host === undefined ? "$asked" : `$asked = ${quoted(`check ${host}`)}`}) { rewrite ^ /lvs-lab/${index} last; }`,
      );
      const common = here.find(({ answer }) => answer.everyone)?.answer.page;
      return [
        `\n    location = ${quoted(path)} { ${checked.join(" ")} ${common === undefined ? page : sent(common)} }`,
        ...here.map(({ answer, index }) => `\n    location = /lvs-lab/${index} { internal; ${given(answer)} }`),
      ];
    });
    const named = answers.some(({ status, page: text }) => text !== undefined && status !== 200)
      ? pages.map((text, index) => `\n    location @page${index} { ${sent(text)} }`)
      : [];
    return `  server {
    listen ${port}${secure};
    listen [::]:${port}${secure};${certified.join("")}${locations.join("")}${named.join("")}
    location / { ${page} }
  }`;
  });
  return `daemon on;
user root;
worker_processes 1;
pid ${quoted(pid)};
events { worker_connections 256; }
http {
  access_log off;
  default_type text/plain;
  map "$http_user_agent $host" $asked { "~KeepAlive\\S* (.*)$" "check $1"; }
  client_body_temp_path ${temporary("nginx")};
  proxy_temp_path ${temporary("nginx-proxy")};
  fastcgi_temp_path ${temporary("nginx")};
  uwsgi_temp_path ${temporary("nginx")};
  scgi_temp_path ${temporary("nginx")};
${servers.join("\n")}
}
`;
}

/** A status that no answer has: RFC 2324. By it a page is sent with another status than 200. */
const TEAPOT = 418;
