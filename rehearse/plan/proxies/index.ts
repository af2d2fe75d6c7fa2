import type { Folder } from "../../folder.ts";
import type { Plan, PlannedDirector } from "../plan.ts";
import { haproxy } from "./haproxy.ts";
import type { ProxyConfig, ProxyKind } from "./kind.ts";
import { nginx } from "./nginx.ts";

export type { Bind, ProxyConfig, ProxyKind } from "./kind.ts";

/** Programs whose configurations are read. A new one is its file and a row. */
export const proxyKinds: readonly ProxyKind[] = [haproxy, nginx];

/** The directory of a proxy's files: /etc/haproxy. */
export const homeOf = ({ config }: ProxyKind): string => config.replace(/\/[^/]*$/, "");

/** The proxies of a director by its files, each with all that these say. */
export function proxiesOn(
  { files }: Pick<PlannedDirector, "files">,
  folder: Folder,
): { kind: ProxyKind; proxy: ProxyConfig }[] {
  const texts = new Map(folder.texts().map(({ file, text }) => [file, text]));
  return proxyKinds.flatMap((kind) => {
    const own = Object.entries(files).filter(([path]) => path.startsWith(`${homeOf(kind)}/`));
    if (own.length === 0) return [];
    const read = own.map(([, file]) => kind.read(texts.get(file) ?? ""));
    return [
      {
        kind,
        proxy: {
          binds: read.flatMap(({ binds }) => binds),
          backends: read.flatMap(({ backends }) => backends),
          names: [...new Set(read.flatMap(({ names }) => names))],
          accounts: {
            users: read.flatMap(({ accounts }) => accounts.users),
            groups: read.flatMap(({ accounts }) => accounts.groups),
          },
        },
      },
    ];
  });
}

/** The proxies of all directors of a plan. */
export const proxiesOf = ({ directors }: Pick<Plan, "directors">, folder: Folder) =>
  directors.flatMap((director) => proxiesOn(director, folder).map((one) => ({ director: director.name, ...one })));
