import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Kind of a lab's log, named as the option of `lvs-lab logs` that shows it. */
export type LogKind = "console" | "transcript" | "qemu" | "host" | "resources";

/** A log file in a lab's directory. */
export interface LogFile {
  readonly kind: LogKind;
  /** The log's server; undefined for logs of the lab host and of Pulumi's operations. */
  readonly server?: string;
  readonly file: string;
  readonly bytes: number;
}

/** The log files in a lab's directory: each server's by name, then the lab's own. */
export async function logFiles(directory: string): Promise<LogFile[]> {
  const found: Omit<LogFile, "bytes">[] = [];
  const look = async (folder: string, kindOf: (name: string) => Pick<LogFile, "kind" | "server"> | undefined) => {
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      const kind = kindOf(name);
      if (kind) found.push({ ...kind, file: join(directory, folder, name) });
    }
  };
  await look("log/qemu", (name) => {
    const [, server, console] = /^(.+?)(\.console)?\.log$/.exec(name) ?? [];
    return server ? { kind: console ? "console" : "qemu", server } : undefined;
  });
  await look("transcripts", (name) => {
    const [, server] = /^(.+)\.log$/.exec(name) ?? [];
    return server === "resources" ? { kind: "resources" } : server ? { kind: "transcript", server } : undefined;
  });
  await look("log", (name) => (/\.(log|out)$/.test(name) ? { kind: "host" } : undefined));
  const files = await Promise.all(found.map(async (one) => ({ ...one, bytes: (await stat(one.file)).size })));
  const rank = ({ server = "\uffff", kind, file }: LogFile) => `${server} ${ORDER.indexOf(kind)} ${file}`;
  return files.sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

const ORDER: readonly LogKind[] = ["console", "transcript", "qemu", "resources", "host"];

/** The servers that have logs, sorted. */
export const loggedServers = (files: readonly LogFile[]): string[] => [
  ...new Set(files.flatMap(({ server }) => server ?? [])),
];

/** A file size for people. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${["B", "KiB", "MiB", "GiB"][power]}`;
}
