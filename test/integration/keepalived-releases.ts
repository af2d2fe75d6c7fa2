import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce, step } from "../../provision/host/build.ts";
import { aptProxies, debianMirror, debianSources } from "../../provision/host/machine/debian-mirror.ts";
import { asRoot } from "../../provision/host/machine/namespaces.ts";
import { totalOfFiles } from "../../provision/host/manifest.ts";
import { finish, mmdebstrapOptions } from "../../provision/host/userland/recipe.ts";
import { debootstrap, type Userland, userland } from "../../provision/host/userland/userland.ts";
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
      const root = join(scratch, "result", "root");
      await mkdir(join(scratch, "result"), { recursive: true });
      const options = [...mmdebstrapOptions, ...(await aptProxies()).map((setting) => `--aptopt=${setting}`)];
      const archives = debianSources(await debianMirror(), suite);
      const command = [...options, `--include=${packages.join(",")}`, suite, root, ...archives];
      await step(debootstrap(command, scratch), { scratch, what, env: { TMPDIR: scratch } });
      await step(asRoot(["sh", "-c", `cd "$1" && ${finish}`, "sh", root]), { scratch, what });
    },
  });
  return { root: join(directory, "root") };
}
