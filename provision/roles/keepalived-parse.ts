import {
  type HealthCheck,
  type HealthCheckType,
  healthCheckKind,
  healthCheckTypes,
  hostPort,
  toIp,
} from "../../lab/index.ts";
import type { Thresholds } from "./ipvs-table.ts";

/** A virtual_server of a keepalived.conf, by whomever it was written, with keepalived's defaults where it says nothing. */
export interface ConfiguredService {
  /** ipvsadm's name of it: `-t ADDRESS:PORT`, `-u ADDRESS:PORT`, `-f MARK`. */
  readonly key: string;
  readonly realServers: readonly ConfiguredRealServer[];
}

export interface ConfiguredRealServer extends Thresholds {
  /** `ADDRESS:PORT` */
  readonly address: string;
  readonly weight: number;
  /** Whether it stays in the table with weight 0 when it fails. */
  readonly inhibit: boolean;
  /** Its checks; any of them takes it out. */
  readonly checks: readonly HealthCheck[];
}

/** A line of keepalived.conf, with the block that it opens. */
interface Statement {
  readonly words: readonly string[];
  readonly block: readonly Statement[];
}

/**
 * The virtual servers of a keepalived.conf. Services by group, and files that it includes, are passed over.
 * @param text the file, also with mistakes: keepalived ignores what it does not understand, and so does this
 */
export function parseVirtualServers(text: string): ConfiguredService[] {
  return statementsOf(text).flatMap(({ words: [keyword, address = "", port = ""], block }) => {
    if (keyword !== "virtual_server") return [];
    if (address === "fwmark") return [serviceOf({ mark: port }, block)];
    return isAddress(address) ? [serviceOf({ address: hostPort(toIp(address), Number(port)) }, block)] : [];
  });
}

/** keepalived's defaults, in seconds: alloc_vs() in check_data.c and KEEPALIVED_DEFAULT_DELAY. */
const defaults = { delayLoop: 60, connectTimeout: 5 };

/** What a check says, or its real server, or its virtual server. */
type Settings = Readonly<Record<string, string | undefined>>;

function serviceOf(
  by: { readonly mark: string } | { readonly address: string },
  block: readonly Statement[],
): ConfiguredService {
  const own = settingsOf(block);
  const flag = own.protocol?.toUpperCase() === "TCP" ? "-t" : "-u"; // without a protocol it is UDP
  return {
    key: "mark" in by ? `-f ${by.mark}` : `${flag} ${by.address}`,
    realServers: block.flatMap(({ words: [keyword, host = "", port], block: inside }) => {
      if (keyword !== "real_server" || !isAddress(host)) return [];
      const settings: Settings = { ...own, ...settingsOf(inside) };
      return [
        {
          address: hostPort(toIp(host), Number(port ?? ("mark" in by ? 0 : by.address.split(":").at(-1)))),
          weight: Number(settings.weight ?? 1),
          inhibit: isOn(settings.inhibit_on_failure),
          ...thresholdsIn(settingsOf(inside)),
          checks: inside.flatMap((statement) => checkOf(statement, settings)),
        },
      ];
    }),
  };
}

function thresholdsIn({ uthreshold, lthreshold }: Settings): Thresholds {
  const [upperThreshold, lowerThreshold] = [numberOf(uthreshold), numberOf(lthreshold)];
  return {
    ...(upperThreshold ? { upperThreshold } : {}),
    ...(lowerThreshold ? { lowerThreshold } : {}),
  };
}

/** Checks that tell more than a line: one that keepalived knows and a lab does not is taken for the slowest kind that sees everything. */
function checkOf({ words: [keyword = ""], block }: Statement, inherited: Settings): HealthCheck[] {
  if (!/_(CHECK|GET)$/.test(keyword) || ["FILE_CHECK", "BFD_CHECK"].includes(keyword)) return [];
  const given = settingsOf(block);
  const known = healthCheckTypes.find((type) => {
    const kind = healthCheckKind(type);
    // One that asks the real server's own port, where a lab's asks another, sees other failures.
    return kind.keyword === keyword && (kind.port === undefined || given.connect_port === String(kind.port));
  });
  const type: HealthCheckType = known ?? "http";
  const own: Settings = { ...inherited, ...given };
  const url = settingsOf(block.find(({ words: [word] }) => word === "url")?.block ?? []);
  const seconds = (key: string, otherwise: number): number => numberOf(own[key]) ?? otherwise;
  const { defaultDelayBeforeRetry } = healthCheckKind(type);
  const retry = numberOf(given.retry ?? given.nb_get_retry ?? inherited.retry);
  const delayLoop = seconds("delay_loop", defaults.delayLoop);
  const warmup = numberOf(own.warmup);
  const all = {
    type,
    delayLoop,
    delayBeforeRetry: seconds(
      "delay_before_retry",
      defaultDelayBeforeRetry === "delayLoop" ? delayLoop : defaultDelayBeforeRetry,
    ),
    connectTimeout: seconds("connect_timeout", defaults.connectTimeout),
    ...(retry === undefined ? {} : { retry }),
    ...(warmup === undefined ? {} : { warmup }),
    path: url.path ?? "/",
    ...(url.digest !== undefined || known === undefined ? { digest: true as const } : {}),
    ...(url.regex === undefined ? {} : { regex: url.regex }),
    ...("require_reply" in own ? { requireReply: true as const } : {}),
    command: [],
    timeout: seconds("misc_timeout", delayLoop),
  };
  return [all as HealthCheck];
}

const settingsOf = (block: readonly Statement[]): Settings =>
  Object.fromEntries(
    block.filter(({ block: inside }) => inside.length === 0).map(({ words: [key = "", value = ""] }) => [key, value]),
  );

const numberOf = (text: string | undefined): number | undefined => {
  const value = Number(text);
  return text === undefined || text === "" || !Number.isFinite(value) ? undefined : value;
};

/** A flag without a value is on: check_true_false() in lib/parser.c. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["off", "no", "false", "0"].includes(value.toLowerCase());

const isAddress = (text: string): boolean => /^[\d.]+$|:/.test(text);

/** The statements of a file. Comments begin with `!` or `#`, outside double quotes; braces are words of their own there. */
function statementsOf(text: string): Statement[] {
  const lines = text
    .split("\n")
    .map((line) => line.replace(/"[^"]*"|[!#].*$/g, (part) => (part.startsWith('"') ? part : "")))
    .flatMap((line) =>
      line.replace(/"[^"]*"|[{}]/g, (part) => (part.startsWith('"') ? part : `\n${part}\n`)).split("\n"),
    )
    .map((line) => wordsIn(line))
    .filter((words) => words.length > 0);
  let at = 0;
  const block = (): Statement[] => {
    const found: Statement[] = [];
    while (at < lines.length) {
      const words = lines[at++] ?? [];
      if (words[0] === "}") return found;
      const opens = lines[at]?.[0] === "{";
      if (opens) at++;
      found.push({ words, block: opens ? block() : [] });
    }
    return found;
  };
  return block();
}

/** The words of a line; one in double quotes is one word, without them. */
const wordsIn = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
