import { readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { osFamilies } from "../../provision/os.ts";
import { projectRoot } from "../../provision/paths.ts";
import { command } from "../../provision/ssh/index.ts";
import { type LiveLab, onServer } from "../../verify/live/live-lab.ts";
import type { DirectorVersions, MatrixVersions } from "./result.ts";

/** The versions of the project and of what it runs on. */
export const ownVersions = (): Pick<MatrixVersions, "lvsLab" | "node" | "hostKernel"> => ({
  lvsLab: (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string }).version,
  node: process.versions.node,
  hostKernel: release(),
});

/** The same, with those of the directors: one question to each of them. One that does not answer has none. */
export async function versionsOf(live: LiveLab): Promise<MatrixVersions> {
  const directors = live.lab.servers.filter(({ role }) => role === "director");
  return {
    ...ownVersions(),
    acceleration: live.acceleration,
    directors: await Promise.all(
      directors.map(async ({ name, os }) => {
        const [keepalived = "keepalived"] = osFamilies[os].keepalived.packages;
        try {
          const seen = await (await onServer(live, name)).look({
            keepalived: "keepalived --version 2>&1 | head -n 1",
            package: command`dpkg-query --show --showformat ${"${Version}"} ${keepalived}`,
            os: '. /etc/os-release && echo "$PRETTY_NAME"',
            kernel: "uname -r",
          });
          return directorVersions(name, seen);
        } catch {
          return directorVersions(name, {});
        }
      }),
    ),
  };
}

type Seen = Readonly<
  Record<"keepalived" | "package" | "os" | "kernel", { readonly text: string; readonly code: number }>
>;

/** What a director said, by its commands. */
export function directorVersions(name: string, seen: Partial<Seen>): DirectorVersions {
  const said = (answer: Seen["os"] | undefined): string | null =>
    answer?.code === 0 && answer.text.trim() !== "" ? answer.text.trim() : null;
  return {
    name,
    keepalived: /^Keepalived v(.+)$/m.exec(said(seen.keepalived) ?? "")?.[1] ?? null,
    keepalivedPackage: said(seen.package),
    os: said(seen.os),
    kernel: said(seen.kernel),
  };
}
