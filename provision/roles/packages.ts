import { z } from "zod";
import { type OsName, osFamilies, type PackageGroup } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef } from "../ssh/index.ts";
import { defineRole } from "./role.ts";
import { listed } from "./typed.ts";

/** apt configuration for the lab's pool only, with package lists of its own: it does not interfere with the student's `apt update`. */
export const APT_CONF = "/etc/lvs-lab/apt.conf";
export const aptConf = `Dir::Etc::SourceList "/etc/apt/sources.list.d/lvs-lab.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "/var/lib/lvs-lab/apt";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Install-Recommends "false";
DPkg::Options { "--force-confdef"; "--force-confold"; };
DPkg::Lock::Timeout "300";
`;
/** The same for all of Debian, through the lab host's cache. */
export const debianAptConf = `${aptConf.replace("/etc/apt/sources.list.d/lvs-lab.list", "/etc/apt/sources.list")}Acquire::Languages "none";
`;

/**
 * Installs all packages that a server's roles need in one run of dpkg: each run costs an emulated guest seconds of overhead. The roles
 * start the services that they configure. SYSTEMD_OFFLINE (systemd's ENVIRONMENT.md) keeps package scripts from starting services and from
 * reloading systemd up to five times per package.
 */
export const packages = defineResource({
  type: "Packages",
  summary: "The packages of a server's roles, installed together.",
  where: z.object({
    server: serverRef,
    /** `pool`: the lab's own packages, for a guest whose image has what they depend on. `debian`: all of Debian, for another one. */
    from: z.enum(["pool", "debian"]).default("pool"),
  }),
  want: z.object({ names: z.array(z.string()) }),

  async observe({ server: ref, names }) {
    const server = await connectTo(ref);
    const format = "${db:Status-Status} ${Package}\n";
    const seen = await server.look({ installed: command`dpkg-query --show --showformat ${format} ${names}` });
    const installed = new Set(seen.installed.text.split("\n"));
    return { names: names.filter((name) => installed.has(`installed ${name}`)) };
  },

  async apply({ server: ref, names, from }, observed, progress) {
    const server = await connectTo(ref);
    const missing = names.filter((name) => !observed?.names?.includes(name));
    progress(`installing ${missing.join(", ")}`);
    await server.script(
      `${command`set -e
export DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 APT_CONFIG=${APT_CONF}
mkdir -p /etc/lvs-lab /var/lib/lvs-lab/apt/partial
printf %s ${from === "pool" ? aptConf : debianAptConf} >${APT_CONF}
timeout 600 sh -c 'while pgrep -x "apt-get|dpkg" >/dev/null; do sleep 0.5; done' # left by an interrupted run
dpkg --configure --pending # an installation that was cut off is finished first`}
${installing(missing, ref.os).join("\n")}`,
    );
  },

  // Packages stay installed: they do nothing once their service is disabled.
  async remove() {},
});

/** Commands that install packages. */
function installing(names: readonly string[], os: OsName): string[] {
  const { update, install } = osFamilies[os].packageManager;
  return [...(update === undefined ? [] : [update]), `${install} ${command`${names}`}`];
}

/** What the packages of a row of os.ts are. */
const groupTitles: Readonly<Record<PackageGroup, string>> = {
  httpd: "a web server",
  nftables: "nft",
  ipvsadm: "ipvsadm",
  arptables: "arptables",
  keepalived: "keepalived",
  mail: "an MTA with a mail command",
};

export const role = defineRole({
  resource: packages,

  /** `names` has nftables too, which faults use. */
  inputsOf(_, { os }, groups) {
    const names = [...groups, "nftables" as const].flatMap((group) => osFamilies[os][group].packages);
    return { groups, names: [...new Set(names)].sort() };
  },

  /** A server whose roles need no package has no step. */
  byHand: ({ groups }, { server: { os } }) => ({
    steps:
      groups.length === 0
        ? []
        : [
            {
              why: `Install ${listed(groups.map((group) => groupTitles[group]))}.`,
              commands: installing(
                groups.flatMap((group) => osFamilies[os][group].packages),
                os,
              ),
            },
          ],
  }),
});
