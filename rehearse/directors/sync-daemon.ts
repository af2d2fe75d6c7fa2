import { last, type Statement } from "../conf/tree.ts";
import type { Instance } from "./instance.ts";

/** lvs_sync_daemon of keepalived.conf(5): connections are told to the other director. */
export interface SyncDaemon {
  readonly at: Statement;
  readonly interface: string;
  /** The name of the instance whose state it follows; undefined: it sends and receives all the time. */
  readonly instance?: string;
  /** Only daemons of the same one listen to each other. */
  readonly id: number;
  readonly port: number;
  readonly group: string;
}

const usual = { port: 8848, group: "224.0.0.81" } as const;

/** The daemon of a director: lvs_syncd_handler() of keepalived's global_parser.c, `IF [[inst] INSTANCE] [id] ID port PORT group ADDRESS`. */
export function syncDaemonOf(settings: readonly Statement[], instances: readonly Instance[]): SyncDaemon | undefined {
  const at = settings.find(({ keyword, words }) => keyword === "lvs_sync_daemon" && words.length > 0);
  if (!at) return deprecated(instances);
  const values = new Map<string, string>();
  for (let place = 1; place < at.words.length; place++) {
    const word = at.words[place] as string;
    if (["inst", "id", "maxlen", "port", "ttl", "group"].includes(word)) values.set(word, at.words[++place] ?? "");
    else if (place === 1) values.set("inst", word);
    else if (place === 2) values.set("id", word);
  }
  const instance = values.get("inst");
  return {
    ...{ at, interface: at.words[0] as string },
    ...(instance === undefined ? {} : { instance }),
    id: number(values.get("id")) ?? instances.find(({ name }) => name === instance)?.id ?? 0,
    port: number(values.get("port")) ?? usual.port,
    group: values.get("group") ?? usual.group,
  };
}

/** lvs_sync_daemon_interface inside an instance, which keepalived still takes. */
function deprecated(instances: readonly Instance[]): SyncDaemon | undefined {
  for (const { name, block } of instances) {
    const at = last(block, "lvs_sync_daemon_interface");
    if (at) return { at, interface: at.words[0] ?? "", instance: name, id: 0, ...usual };
  }
  return undefined;
}

const number = (text: string | undefined): number | undefined =>
  text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
