import { join } from "node:path";
import type { LabHost } from "../provision/host/access.ts";
import { type LabFiles, localFiles } from "../provision/host/files.ts";

/** Kind of a lab's log, named as the option of `lvs-lab logs` that shows it. */
export type LogKind = "console" | "transcript" | "qemu" | "host" | "resources";

/** A log file in a lab's directory. */
export interface LogFile {
  readonly kind: LogKind;
  /** The log's server; undefined for logs of the lab host and of Pulumi's operations. */
  readonly server?: string;
  readonly file: string;
  /** Reads it. */
  readonly where: LabFiles;
  readonly bytes: number;
}

/** A lab's log files: each server's by name, then the lab's own. What was done to it is logged on this machine. */
export async function logFiles({ directory, files }: Pick<LabHost, "directory" | "files">): Promise<LogFile[]> {
  const found: LogFile[] = [];
  const look = async (
    where: LabFiles,
    folder: string,
    kindOf: (name: string) => Pick<LogFile, "kind" | "server"> | undefined,
  ) => {
    for (const { name, bytes } of await where.list(join(where.place, folder))) {
      const kind = kindOf(name);
      if (kind) found.push({ ...kind, where, file: join(where.place, folder, name), bytes });
    }
  };
  await look(files, "log/qemu", (name) => {
    const [, server, console] = /^(.+?)(\.console)?\.log$/.exec(name) ?? [];
    return server ? { kind: console ? "console" : "qemu", server } : undefined;
  });
  await look(localFiles(directory), "transcripts", (name) => {
    const [, server] = /^(.+)\.log$/.exec(name) ?? [];
    return server === "resources" ? { kind: "resources" } : server ? { kind: "transcript", server } : undefined;
  });
  await look(files, "log", (name) => (/\.(log|out)$/.test(name) ? { kind: "host" } : undefined));
  const rank = ({ server = "\uffff", kind, file }: LogFile) => `${server} ${ORDER.indexOf(kind)} ${file}`;
  return found.sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
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
