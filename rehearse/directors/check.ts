import type { Ip } from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import type { Refusal } from "./endpoint.ts";
import { numberOf } from "./instance.ts";
import { kindDefinedBy } from "./track.ts";

/** A health check of a real server. Times in seconds. keepalived's check_api.c, validate_check_config() in check_data.c. */
export interface Check {
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** The keyword: TCP_CHECK. */
  readonly kind: string;
  readonly delayLoop: number;
  /** The longest time of an attempt; of HTTP_GET, SSL_GET and SMTP_CHECK that of each of its steps. Undefined: it makes none, as FILE_CHECK. */
  readonly timeout?: number;
  readonly retry: number;
  readonly delayBeforeRetry: number;
  /** The port that it asks; 0 is none that answers. Undefined if it asks none. */
  readonly port?: number;
}

/** The times that may stand in a virtual server, in a real server and in a check; the innermost counts. In seconds. */
export interface CheckTimes {
  readonly connectTimeout?: number;
  readonly delayLoop?: number;
  readonly retry?: number;
  readonly delayBeforeRetry?: number;
}

/** What kinds of checks do without other words. `delayBeforeRetry` of DNS_CHECK is its delay_loop; `formerRetry`: it takes nb_get_retry too. */
const kinds: Readonly<
  Record<
    string,
    {
      readonly retry: number;
      readonly delayBeforeRetry?: number;
      readonly asksPort?: true;
      readonly formerRetry?: true;
    }
  >
> = {
  TCP_CHECK: { retry: 1, delayBeforeRetry: 1, asksPort: true },
  HTTP_GET: { retry: 1, delayBeforeRetry: 3, asksPort: true, formerRetry: true },
  SSL_GET: { retry: 1, delayBeforeRetry: 3, asksPort: true, formerRetry: true },
  SMTP_CHECK: { retry: 1, delayBeforeRetry: 1, asksPort: true },
  DNS_CHECK: { retry: 3, asksPort: true },
  UDP_CHECK: { retry: 1, delayBeforeRetry: 1, asksPort: true },
  PING_CHECK: { retry: 1, delayBeforeRetry: 1 },
  MISC_CHECK: { retry: 0, delayBeforeRetry: 1 },
  FILE_CHECK: { retry: 0, delayBeforeRetry: 0 },
  BFD_CHECK: { retry: 0, delayBeforeRetry: 0 },
};

const withoutAttempts = ["FILE_CHECK", "BFD_CHECK"];

/** The times in a block. */
export function timesIn(block: readonly Statement[]): CheckTimes {
  const times = {
    connectTimeout: numberOf(last(block, "connect_timeout")),
    delayLoop: numberOf(last(block, "delay_loop")),
    retry: numberOf(last(block, "retry")),
    delayBeforeRetry: numberOf(last(block, "delay_before_retry")),
  };
  return Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined));
}

/** The health checks in a block, as they are written. */
const writtenIn = (block: readonly Statement[]): Statement[] => all(block, ...Object.keys(kinds));

/** A health check that keepalived leaves out, and why. */
export interface LeftOut extends Refusal {
  readonly check: Statement;
  /** Where to write something else: the check, or a line in it. */
  readonly at: Statement;
}

/** A real server as it is written, and what the configuration says before its virtual server: no name that is defined later is found. */
interface Asked {
  readonly address: Ip;
  readonly port: number;
  readonly before: readonly Statement[];
}

/** The checks in a real server's block that keepalived leaves out. An HTTP_GET without a url it leaves out, too, or crashes: rule does-not-start. */
export const leftOutIn = (block: readonly Statement[], asked: Asked): LeftOut[] =>
  writtenIn(block).flatMap((check) => {
    const why = whyLeftOut(check, asked);
    return why ? [{ check, ...why }] : [];
  });

function whyLeftOut(at: Statement, { address, before }: Asked): Omit<LeftOut, "check"> | undefined {
  const { keyword, block } = at;
  const own = (name: string) => last(block, name);
  if (keyword === "MISC_CHECK")
    return own("misc_path")
      ? undefined
      : { at, wrong: "it has no misc_path", fix: "write `misc_path COMMAND` into it" };
  if (keyword === "FILE_CHECK") {
    const lines = all(block, "track_file");
    const isKnown = ({ words: [name] }: Statement) =>
      before.some((one) => kindDefinedBy(one) === "file" && one.words[0] === name);
    if (lines.some(isKnown)) return undefined;
    return nameless(at, lines[0], "track_file", "track_file");
  }
  if (keyword === "BFD_CHECK") {
    const [line] = all(block, "name");
    const isKnown = before.some((one) => isForChecks(one) && one.words[0] === line?.words[0]);
    return isKnown && line?.words.length === 1 ? undefined : nameless(at, line, "name", "bfd_instance");
  }
  const asked = own("connect_ip")?.words[0] ?? address;
  if (/^fe[89ab]/i.test(asked) && !own("bind_if"))
    return {
      at,
      wrong: `${asked} is a link-local address, and it has no bind_if`,
      fix: "write `bind_if INTERFACE` into it",
    };
  return undefined;
}

/** Why a check is left out that names a block of another kind. */
function nameless(at: Statement, line: Statement | undefined, keyword: string, block: string): Omit<LeftOut, "check"> {
  if (!line) return { at, wrong: `it has no ${keyword}`, fix: `write \`${keyword} NAME\` of a ${block} into it` };
  const [name, ...others] = line.words;
  return keyword === "name" && others.length > 0
    ? { at: line, wrong: "it has more than one name", fix: "write a check for each" }
    : { at: line, wrong: `it finds no ${block} ${name}`, fix: `write the ${block} before the virtual server` };
}

/** Whether it is a bfd_instance that health checks know: not one for VRRP alone. */
const isForChecks = ({ keyword, block }: Statement): boolean =>
  keyword === "bfd_instance" && (!last(block, "vrrp") || last(block, "checker") !== undefined);

/** keepalived leaves out what is not: http_get_check_end() in check_http.c. */
const isComplete = ({ keyword, block }: Statement): boolean =>
  !["HTTP_GET", "SSL_GET"].includes(keyword) || last(block, "url") !== undefined;

/**
 * The checks in a real server's block, without those that keepalived leaves out.
 *
 * @param around the times of the real server and its virtual server
 * @param serviceDelay the virtual server's own delay_loop, which limits a MISC_CHECK without misc_timeout
 * @param leftOut those that keepalived leaves out
 */
export const checksIn = (
  block: readonly Statement[],
  around: CheckTimes & { readonly connectTimeout: number; readonly delayLoop: number },
  serviceDelay: number,
  { port }: Asked,
  leftOut: readonly LeftOut[],
): Check[] =>
  writtenIn(block)
    .filter((at) => isComplete(at) && !leftOut.some(({ check }) => check === at))
    .map((at) => {
      const inside = at.block ?? [];
      const kind = kinds[at.keyword] as (typeof kinds)[string];
      const given = { ...around, ...timesIn(inside) };
      const misc = at.keyword === "MISC_CHECK";
      const timeout = misc ? numberOf(last(inside, "misc_timeout")) || serviceDelay : given.connectTimeout;
      return {
        ...{ at, block: inside, kind: at.keyword, delayLoop: given.delayLoop },
        ...(withoutAttempts.includes(at.keyword) ? {} : { timeout }),
        retry:
          numberOf(last(inside, "retry", ...(kind.formerRetry ? ["nb_get_retry"] : []))) ?? given.retry ?? kind.retry,
        delayBeforeRetry: given.delayBeforeRetry ?? kind.delayBeforeRetry ?? given.delayLoop,
        ...(kind.asksPort ? { port: numberOf(last(inside, "connect_port")) ?? port } : {}),
      };
    });
