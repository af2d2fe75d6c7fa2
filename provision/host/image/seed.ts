import { createHash } from "node:crypto";

/** What makes a guest the one that it is. */
export interface SeedInput {
  /** The guest applies a seed whose instance id it has not applied yet: a changed seed needs a new one. */
  instanceId: string;
  hostname: string;
  /** Static IPv4 address of eth0 with its prefix length, `172.25.254.11/24`. */
  address: string;
  mac: string;
  /** Root's authorized keys, one line of sshd(8)'s authorized_keys format each. */
  authorizedKeys: string[];
  /** The guest's SSH host key: ed25519, private in OpenSSH's PEM form, public in its one-line form. */
  hostKey: { private: string; public: string };
  /** For cloud-init, in a cloud image; not there: for the initramfs of an image that is built. */
  cloudInit?: {
    /** The interfaces beyond eth0, whose addresses come with a role. */
    further: readonly { readonly device: string; readonly mac: string }[];
  };
}

/** The three files of a NoCloud seed. */
export interface Seed {
  userData: string;
  metaData: string;
  networkConfig: string;
}

/** The seed of a guest whose instance id follows its contents: a guest applies it once, and again when anything in it has changed. */
export function seedOf(name: string, contents: Omit<SeedInput, "instanceId">): Seed {
  const digest = createHash("sha256").update(JSON.stringify(contents)).digest("hex").slice(0, 12);
  return seed({ instanceId: `${name}-${digest}`, ...contents });
}

/**
 * The NoCloud seed of a guest, to be put on an ISO 9660 volume labelled `cidata`.
 *
 * It has two readers: cloud-init, in an image by URL (network configuration version 2), and the initramfs of our own
 * image (`guest/initramfs/seed.sh`), which takes it apart line by line. So the text form is part of the contract:
 * single-quoted scalars, two spaces of indentation, one value a line. What `cloudInit` adds is for cloud-init alone.
 *
 * @throws when a value does not fit on its line.
 */
export function seed({ instanceId, hostname, address, mac, authorizedKeys, hostKey, cloudInit }: SeedInput): Seed {
  fits("instance id", instanceId, /^[A-Za-z0-9][A-Za-z0-9._-]*$/);
  fits("host name", hostname, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
  fits("address", address, /^\d+(\.\d+){3}\/\d+$/);
  for (const each of [mac, ...(cloudInit?.further ?? []).map((one) => one.mac)])
    fits("MAC address", each, /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i);
  for (const key of [...authorizedKeys, hostKey.public.trim()]) fits("public key", key, /^[^\r\n]+$/);
  fits(
    "private host key",
    hostKey.private.trim(),
    /^-----BEGIN OPENSSH PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END OPENSSH PRIVATE KEY-----$/,
  );

  return {
    userData: lines(
      "#cloud-config",
      "disable_root: false",
      `users: [${cloudInit ? "root" : ""}]`,
      "ssh_authorized_keys:",
      ...authorizedKeys.map((key) => `  - ${quoted(key)}`),
      "ssh_deletekeys: true",
      ...(cloudInit ? [] : ["ssh_genkeytypes: []"]),
      "ssh_keys:",
      "  ed25519_private: |",
      ...hostKey.private
        .trim()
        .split("\n")
        .map((line) => `    ${line}`),
      `  ed25519_public: ${quoted(hostKey.public.trim())}`,
      ...(cloudInit ? cloudConfig(hostname, ["eth0", ...cloudInit.further.map(({ device }) => device)]) : []),
    ),
    metaData: lines(`instance-id: ${instanceId}`, `local-hostname: ${hostname}`),
    networkConfig: lines(
      "version: 2",
      "ethernets:",
      "  eth0:",
      "    match:",
      `      macaddress: ${quoted(mac.toLowerCase())}`,
      "    set-name: eth0",
      "    dhcp4: false",
      "    addresses:",
      `      - ${address}`,
      ...(cloudInit ? ["    accept-ra: false"] : []),
      ...(cloudInit?.further ?? []).flatMap((each) => [
        `  ${each.device}:`,
        "    match:",
        `      macaddress: ${quoted(each.mac.toLowerCase())}`,
        `    set-name: ${each.device}`,
        "    dhcp4: false",
        "    accept-ra: false",
        "    optional: true",
      ]),
    ),
  };
}

/**
 * What keeps a cloud image's programs from undoing what the lab does later: /etc/hosts and package sources are the lab's, no package is upgraded by
 * itself, and systemd-networkd keeps addresses and routes that it has not set, VIPs above all, when it starts again (systemd.network(5),
 * KeepConfiguration=; networkd.conf(5), ManageForeignRoutes=). Its files for interfaces come from netplan, or from cloud-init itself in an image
 * without it. Nor is a locale made, which takes an emulated guest half a minute. Root logs in on the serial console without a password, as in an
 * image that is built.
 */
function cloudConfig(hostname: string, devices: readonly string[]): string[] {
  const ofNetworkd = devices.flatMap((device) =>
    ["netplan", "cloud-init"].map((origin) => `/etc/systemd/network/10-${origin}-${device}.network.d/lvs-lab.conf`),
  );
  const files: readonly (readonly [path: string, ...text: string[]])[] = [
    ["/etc/hosts", "127.0.0.1 localhost", `127.0.1.1 ${hostname}`],
    ["/etc/apt/apt.conf.d/90lvs-lab", 'APT::Periodic::Enable "0";'],
    [
      "/etc/systemd/networkd.conf.d/lvs-lab.conf",
      "[Network]",
      "ManageForeignRoutes=no",
      "ManageForeignRoutingPolicyRules=no",
    ],
    ...ofNetworkd.map((path) => [path, "[Network]", "KeepConfiguration=static"] as const),
  ];
  return [
    "manage_etc_hosts: false",
    "locale: C.UTF-8",
    "apt:",
    "  preserve_sources_list: true",
    "write_files:",
    ...files.flatMap(([path, ...text]) => [
      `  - path: ${path}`,
      "    content: |",
      ...text.map((line) => `      ${line}`),
    ]),
    "runcmd:",
    "  - [passwd, --delete, root]",
  ];
}

const lines = (...all: string[]): string => `${all.join("\n")}\n`;

/** A YAML single-quoted scalar. */
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function fits(what: string, value: string, form: RegExp): void {
  if (!form.test(value))
    throw new Error(`This ${what} cannot be written into a guest's seed: ${JSON.stringify(value)}`);
}
