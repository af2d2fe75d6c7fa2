/** Debian's keyring, at the path of the package debian-archive-keyring. */
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Sources of Debian packages: the archive and its security updates. */
export interface DebianMirror {
  readonly debian: URL;
  readonly security: URL;
}

const DEFAULT_MIRROR: DebianMirror = {
  debian: new URL("http://deb.debian.org/debian/"),
  security: new URL("http://deb.debian.org/debian-security/"),
};

/**
 * The mirror for userland, guest images and guests: `LVS_LAB_MIRROR`, else the mirror of this machine's apt if it runs Debian, else
 * Debian's default. The release is always the lab's own, whatever the machine runs.
 */
export async function debianMirror(): Promise<DebianMirror> {
  return chooseMirror(process.env.LVS_LAB_MIRROR, await aptRepositories());
}

/**
 * @param named a URL of a Debian archive
 * @param repositories the URLs of the machine's apt repositories
 * @throws Error when `named` is no URL of http or https
 */
export function chooseMirror(named: string | undefined, repositories: readonly string[]): DebianMirror {
  if (named) {
    if (!/^https?:\/\/[^/]/.test(named) || !URL.canParse(named))
      throw new Error(
        `LVS_LAB_MIRROR is ${JSON.stringify(named)}. Fix: set it to the URL of a Debian archive, such as ${DEFAULT_MIRROR.debian}, or unset it.`,
      );
    return { ...DEFAULT_MIRROR, debian: asDirectory(named) };
  }
  const known = repositories.filter((text) => /^https?:\/\/[^/]+\/(.*\/)?debian(-security)?\/?$/.test(text));
  const find = (security: boolean) => known.find((text) => /debian-security\/?$/.test(text) === security);
  const [debian, security] = [find(false), find(true)];
  return {
    debian: debian ? asDirectory(debian) : DEFAULT_MIRROR.debian,
    security: security ? asDirectory(security) : DEFAULT_MIRROR.security,
  };
}

/** apt sources of a release in the one-line form of sources.list(5): the release, its updates, its security updates. */
export const debianSources = (mirror: DebianMirror, suite: string): string[] =>
  [
    [mirror.debian, suite],
    [mirror.debian, `${suite}-updates`],
    [mirror.security, `${suite}-security`],
  ].map(([url, release]) => `deb [signed-by=${keyring}] ${url} ${release} main`);

/** The machine's apt proxy settings, as apt.conf(5) lines for mmdebstrap. None without apt. */
export async function aptProxies(): Promise<string[]> {
  const format = ["--format", "%F %v%n"];
  const { $ } = await import("zx");
  const { stdout } = await $({
    quiet: true,
    nothrow: true,
  })`apt-config dump ${format} Acquire::http::Proxy Acquire::https::Proxy`;
  return stdout.split("\n").flatMap((line) => {
    const [name, value] = line.split(" ");
    return name && value ? [`${name} "${value}";`] : [];
  });
}

/** URLs of the repositories whose indices the machine's apt has: apt-get(8), indextargets. None without apt. */
async function aptRepositories(): Promise<string[]> {
  const format = ["--format", "$(REPO_URI)"];
  const { $ } = await import("zx");
  const { stdout } = await $({
    quiet: true,
    nothrow: true,
  })`apt-get indextargets ${format} ${"Created-By: Packages"}`;
  return [...new Set(stdout.split("\n").filter(Boolean))];
}

const asDirectory = (text: string): URL => new URL(text.replace(/\/*$/, "/"));
