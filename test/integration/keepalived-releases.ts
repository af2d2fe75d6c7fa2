import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce } from "../../provision/host/build.ts";
import { totalOfFiles } from "../../provision/host/manifest.ts";
import { makeRoot, type Userland, userland } from "../../provision/host/userland/userland.ts";
import { hostsCache } from "../hosts/host-image.ts";

/** The releases of keepalived that tests run, by the Debian that has them. */
const releases = { "2.2.7": "bookworm", "2.3.3": "trixie" } as const;
export type Release = keyof typeof releases;

/** Whether a release has what came with a version. */
export const isIn = (release: Release, version: string): boolean =>
  version.localeCompare(release, undefined, { numeric: true }) <= 0;

/** What tests run in it, beside keepalived. */
const packages = ["keepalived", "iproute2", "procps"];

/** A root file system with a release of keepalived: the userland, or another Debian, built in a minute for its first test. */
export async function placeOf(release: Release): Promise<Pick<Userland, "root">> {
  if (release === "2.2.7") return await userland();
  const suite = releases[release];
  const what = `Debian ${suite} with keepalived ${release}`;
  const store = { directory: join(hostsCache(), "keepalived"), what, measure: totalOfFiles };
  const directory = await buildOnce({
    ...{ store, name: release },
    build: async (scratch) => {
      const result = join(scratch, "result");
      await mkdir(result, { recursive: true });
      await makeRoot(scratch, { suite, packages, root: join(result, "root"), what });
    },
  });
  return { root: join(directory, "root") };
}
