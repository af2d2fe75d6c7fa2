import { z } from "zod";
import type { GuestOs } from "../../lab/index.ts";
import { poolPath } from "../host/package-pools.ts";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { BOOT_SECONDS, command, connectTo, patience, type ServerConnection, serverRef } from "../ssh/index.ts";

/** Markers around the lab's part of /etc/hosts; the student owns the rest. */
const BEGIN = "# lvs-lab: the lab's hosts";
const END = "# lvs-lab: end";

const POOL_LIST = "/etc/apt/sources.list.d/lvs-lab.list";
const DEBIAN_LIST = "/etc/apt/sources.list";
/** The package sources of Debian's cloud images, which are on the internet. */
const IMAGE_SOURCES = "/etc/apt/sources.list.d/debian.sources";

/** The texts of the package sources of an operating system: the lab's packages, and all of Debian. */
export function packageSources(url: string, os: GuestOs): { pool: string; debian: string } {
  const { suite } = osFamilies[os].release;
  return {
    pool: `# The lab's own packages, and nothing else: small lists make apt fast.\ndeb [trusted=yes] ${url}/${poolPath(os)} ./\n`,
    debian: `# All of Debian, through the cache on the lab host.
deb ${url}/debian ${suite} main
deb ${url}/debian ${suite}-updates main
deb ${url}/debian-security ${suite}-security main
`,
  };
}

/**
 * Waits until cloud-init has ended: until then it may write files and hold apt's lock. An error of it is no failure here, for what the lab needs of
 * it, name, address and keys, has been proved by the login. Its exit status is 1 then, or 2 (cloud-init status --help).
 * @throws Error when it does not end
 */
async function cloudInitDone(server: ServerConnection, progress: (message: string) => void): Promise<void> {
  progress("waiting for cloud-init to end");
  const { name } = server.ref;
  const seconds = patience(server.ref, 60);
  const { code } = await server.try`timeout ${seconds} cloud-init status --wait --long`;
  if (code === 124)
    throw new Error(
      `cloud-init on ${name} has not ended within ${seconds} s. Fix: npx lvs-lab ssh ${name} -- tail /var/log/cloud-init.log, and run the command again.`,
    );
  if (code !== 0) progress(`cloud-init on ${name} reports an error: cloud-init status --long`);
}

/** Base configuration of every server, before its roles. */
export const baseSystem = defineResource({
  type: "BaseSystem",
  summary: "A server reachable by SSH, with its hostname, the lab's names in /etc/hosts, and package sources.",
  where: z.object({
    server: serverRef,
    /** The lab host's `generation`: a restarted lab host has rebooted its servers, and their logins are awaited. */
    generation: z.string(),
    /** Whether cloud-init makes the server what its seed says: in a cloud image. It takes its time, and is awaited. */
    cloudInit: z.boolean().default(false),
  }),
  want: z.object({
    hostname: z.string(),
    /** Names and IPv4 addresses of all hosts of the lab, for /etc/hosts. */
    hosts: z.record(z.string(), z.ipv4()),
    /** Base URL of the lab host's package server. */
    packageServer: z.url(),
  }),

  async observe({ server: ref, packageServer, cloudInit }, progress) {
    progress("waiting for its first SSH login");
    const server = await connectTo(ref, patience(ref, cloudInit ? 60 : BOOT_SECONDS));
    if (cloudInit) await cloudInitDone(server, progress);
    const seen = await server.look({
      hostname: "hostname",
      hosts: command`sed -n ${`/^${BEGIN}/,/^${END}/p`} /etc/hosts`,
      pool: command`cat ${POOL_LIST}`,
      debian: command`cat ${DEBIAN_LIST}`,
    });
    const lines = seen.hosts.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const wanted = packageSources(packageServer, ref.os);
    const asWanted = seen.pool.text === wanted.pool && seen.debian.text === wanted.debian;
    return {
      hostname: seen.hostname.text.trim(),
      hosts: Object.fromEntries(lines.map((line) => line.split("\t").reverse() as [string, string])),
      packageServer: asWanted ? packageServer : undefined,
    };
  },

  async apply({ server: ref, hostname, hosts, packageServer, cloudInit }, _observed, progress) {
    const server = await connectTo(ref);
    progress("hostname, /etc/hosts, package sources");
    const sources = packageSources(packageServer, ref.os);
    const block = [BEGIN, ...Object.entries(hosts).map(([name, address]) => `${address}\t${name}`), END].join("\n");
    const script = command`set -e
echo ${hostname} >/etc/hostname; hostname ${hostname}
sed -i ${`/^${BEGIN}/,/^${END}/d`} /etc/hosts; echo ${block} >>/etc/hosts
printf %s ${sources.pool} >${POOL_LIST}
printf %s ${sources.debian} >${DEBIAN_LIST}`;
    await server.script(cloudInit ? `${script}\n${command`rm -f ${IMAGE_SOURCES}`}` : script);
  },

  async remove({ server: ref }) {
    const server = await connectTo(ref);
    await server.run`sed -i ${`/^${BEGIN}/,/^${END}/d`} /etc/hosts; rm -f ${POOL_LIST}`;
  },
});
