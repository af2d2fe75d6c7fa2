import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { $ } from "zx";
import { aptProxies } from "../../provision/host/machine/debian-mirror.ts";

/** slirp4netns's name server, which forwards to the machine's. */
const nameServer = "10.0.2.3";

const bundle = "/etc/ssl/certs/ca-certificates.crt";

/** Environment variables that decide how registries are reached. */
const variables = [
  ...["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"],
  ...["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE"],
];

const npmSettings = ["registry", "proxy", "https-proxy", "noproxy"];

/**
 * Gives a host the machine's settings for reaching package registries: certificate authorities, proxies, mirrors.
 * Only the settings named here are passed on: credentials stay on the machine.
 */
export async function passMachineSettings(root: string): Promise<void> {
  const write = async (name: string, lines: readonly string[]): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), lines.map((line) => `${line}\n`).join(""));
  };
  await write("etc/resolv.conf", [`nameserver ${nameServer}`]);
  await write("etc/apt/apt.conf.d/99machine", await aptProxies());

  const environment = new Map(variables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  if (await passCertificates(root)) environment.set("NODE_EXTRA_CA_CERTS", bundle);
  await write(
    "etc/environment",
    [...environment].map(([name, value]) => `${name}=${value}`),
  );
  if (environment.size > 0)
    await write("etc/sudoers.d/machine", [`Defaults env_keep += "${[...environment.keys()].join(" ")}"`]);

  // The first is read by Debian's npm, the second by an npm below /usr/local.
  const npmrc = [`cafile=${bundle}`, ...(await npmConfiguration())];
  await write("etc/npmrc", npmrc);
  await write("usr/local/etc/npmrc", npmrc);
}

/**
 * Adds the machine's certificate authorities that Debian lacks, as update-ca-certificates(8) would.
 * @returns whether there were any
 */
async function passCertificates(root: string): Promise<boolean> {
  const own = process.env.NODE_EXTRA_CA_CERTS ?? bundle;
  if (!existsSync(own)) return false;
  const known = new Set(certificates(await readFile(join(root, bundle), "utf8")));
  const extra = certificates(await readFile(own, "utf8")).filter((certificate) => !known.has(certificate));
  const folder = join(root, "usr/local/share/ca-certificates");
  await mkdir(folder, { recursive: true });
  for (const [index, certificate] of extra.entries())
    await writeFile(join(folder, `machine-${index}.crt`), `${certificate}\n`);
  await appendFile(join(root, bundle), extra.map((certificate) => `${certificate}\n`).join(""));
  return extra.length > 0;
}

const certificates = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];

/** The machine's npm settings as lines of an npmrc file. */
async function npmConfiguration(): Promise<string[]> {
  const { stdout } = await $({ quiet: true })`npm config list --json`;
  const all = JSON.parse(stdout) as Record<string, unknown>;
  return npmSettings.flatMap((name) => {
    const value = all[name];
    return typeof value === "string" && value !== "" ? [`${name}=${value}`] : [];
  });
}
