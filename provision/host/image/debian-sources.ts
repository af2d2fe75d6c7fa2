import { $ } from "zx";
import { suite } from "./recipe.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** One configured index of the host's apt: where it is, which release and component. */
export interface AptTarget {
  uri: string;
  release: string;
  component: string;
}

/** The host's own sources, as `apt-get indextargets` (apt-get(8)) reports them. */
export async function hostAptTargets(): Promise<AptTarget[]> {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
  const { stdout } = await $({ quiet: true })`apt-get indextargets --format ${format} ${"Created-By: Packages"}`;
  return stdout.split("\n").flatMap((line) => {
    const [uri, release, component] = line.split(" ");
    return uri && release && component ? [{ uri, release, component }] : [];
  });
}

/**
 * The apt sources of a guest image, in sources.list(5)'s one-line form: the host's mirror of the guest's release,
 * its updates and its security archive, whatever mirror that is.
 *
 * @throws when the host's apt has no source for the guest's release.
 */
export function debianSources(targets: AptTarget[]): string[] {
  const releases = [suite, `${suite}-updates`, `${suite}-security`];
  const lines = targets
    .filter(({ release, component }) => component === "main" && releases.includes(release))
    .map(({ uri, release }) => `deb [signed-by=${keyring}] ${uri} ${release} main`);
  if (!lines.some((line) => line.endsWith(` ${suite} main`))) {
    throw new Error(
      `The host's apt sources name no mirror of Debian ${suite}, which the guests are built from: ` +
        `add one under /etc/apt/sources.list.d (component main, Signed-By: ${keyring}) and run apt-get update.`,
    );
  }
  return [...new Set(lines)];
}

/** The host's apt settings for reaching a mirror (proxies), as `apt-config` options that mmdebstrap takes over. */
export async function hostAptProxies(): Promise<string[]> {
  const { stdout } = await $({
    quiet: true,
  })`apt-config dump --format ${"%F %v%n"} Acquire::http::Proxy Acquire::https::Proxy`;
  return stdout.split("\n").flatMap((line) => {
    const [name, value] = line.split(" ");
    return name && value ? [`${name} "${value}";`] : [];
  });
}
