import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { becomeRoot } from "../../../../provision/host/machine/namespaces.ts";
import { PrivateHost } from "../../../../provision/host/private/private-host.ts";
import { LabHostDownError } from "../../../../provision/host/reach.ts";
import { serverConfig, standIn } from "../../../../provision/host/stand-in.ts";
import { isProgram } from "../../../../setup/steps/machine.mjs";

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "lvs lab "));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const each of ["run", "cache", "log"]) mkdirSync(join(directory, each));
  return directory;
}

const listeners: Parameters<typeof serverConfig>[2] = [
  { port: 80, tls: false, statuses: { "/health": 204, "/old": 301 } },
  { port: 443, tls: true, statuses: {} },
];

describe("nginx's configuration", () => {
  it("listens on each port for both families, with TLS where it is asked for", () => {
    const text = serverConfig("/lab", "real1", listeners);
    expect(text.match(/listen .*;/g)).toEqual([
      ...["listen 80;", "listen [::]:80;", "listen 443 ssl;", "listen [::]:443 ssl;"],
    ]);
    expect(text.match(/ssl_certificate /g)).toHaveLength(1);
    expect(text).toContain('pid "/lab/run/stand-in-real1.pid";');
  });

  it("is one without a listener, too", () => {
    expect(serverConfig("/lab", "gateway1", [])).not.toContain("listen");
  });

  it.skipIf(!isProgram("nginx"))(
    "answers clients with the name, and health checks with the statuses that they want",
    () => {
      const directory = aDirectory();
      const file = join(directory, "nginx.conf");
      writeFileSync(file, serverConfig(directory, "real1", listeners.slice(0, 1)));
      const asked = [
        ...[
          ["/", "curl"],
          ["/health?deep=1", "curl"],
          ["/", "KeepAliveClient"],
        ],
        ...[
          ["/health?deep=1", "KeepAliveClient"],
          ["/old", "KeepAliveClient"],
        ],
      ];
      const script = [
        "set -e; ip link set lo up",
        'nginx -c "$1" -e "$2/log/error"',
        ...asked.map(
          ([path, agent]) =>
            `curl -s -o "$2/page" -w "%{http_code} " -A ${agent} "http://127.0.0.1${path}"; head -1 "$2/page"; echo`,
        ),
        'curl -s -g "http://[::1]/"',
        'kill "$(cat "$2/run/stand-in-real1.pid")"',
      ].join("\n");
      const output = execFileSync(
        "unshare",
        [...becomeRoot(), "--net", "bash", "-c", script, "bash", file, directory],
        {
          encoding: "utf8",
        },
      );
      expect(output.split("\n").filter((line) => line !== "")).toEqual([
        ...[
          "200 real1",
          "200 real1",
          "200 real1",
          expect.stringMatching(/^204/),
          expect.stringMatching(/^301/),
          "real1",
        ],
      ]);
    },
  );
});

/** A lab host on which commands run on this machine, where `ip`, `sysctl` and so on are what the test has. */
function aHost(programs: Readonly<Record<string, string>>) {
  const directory = aDirectory();
  const bin = join(directory, "bin");
  mkdirSync(bin);
  const log = join(directory, "commands");
  writeFileSync(log, "");
  for (const [name, script] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>"${log}"\n${script}\n`, { mode: 0o755 });
  const attached: unknown[] = [];
  const spies = [
    vi
      .spyOn(PrivateHost.prototype, "spawn")
      .mockImplementation((_, [file = "", ...args], { programs: _programs, direct: _direct, ...options } = {}) =>
        spawn(file, args, { ...options, env: { PATH: `${bin}:${process.env.PATH}` } }),
      ),
    vi.spyOn(PrivateHost.prototype, "attach").mockImplementation(async (name, options) => {
      attached.push([name, options]);
    }),
    vi.spyOn(PrivateHost.prototype, "detach").mockImplementation(async (name) => {
      attached.push([name, "detached"]);
    }),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return {
    ref: { kind: "private" as const, directory },
    attached,
    commands: () => readFileSync(log, "utf8").trim().split("\n"),
  };
}

const wanted = {
  ...{ generation: "1", bridge: "lvsbr1", name: "real1" },
  addresses: ["192.0.2.21/24", "192.0.2.121/24", "2001:db8::21/64"],
  quietAddresses: ["192.0.2.100", "2001:db8::100"],
  gateways: ["192.0.2.1", "2001:db8::1"],
  tunnel: true,
  listeners: [{ port: 443, tls: true, statuses: {} }],
  up: true as const,
};

describe("a stand-in", () => {
  it("is attached, gets its addresses, routes and tunnel, and begins to serve", async () => {
    const openssl =
      'while [ $# -gt 0 ]; do case $1 in -keyout) echo key >"$2" ;; -out) echo cert >"$2" ;; esac; shift; done';
    const { ref, attached, commands } = aHost({ ip: "", sysctl: "", nginx: "", openssl });
    await standIn.apply({ host: ref, ...wanted }, undefined, () => {});
    expect(attached).toEqual([["real1", { bridge: "lvsbr1", address: "192.0.2.21/24", address6: "2001:db8::21/64" }]]);
    const { directory } = ref;
    expect(commands()).toEqual([
      "sysctl -q net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
      "ip address add 192.0.2.121/24 dev eth0",
      "ip address add 192.0.2.100/32 dev lo",
      "ip address add 2001:db8::100/128 dev lo",
      "ip route add default via 192.0.2.1",
      "ip -6 route add default via 2001:db8::1",
      "ip link add ipip0 type ipip external",
      "ip link set ipip0 up",
      "sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.ipip0.rp_filter=0",
      expect.stringMatching(/^openssl req -x509 .* -subj \/CN=stand-in /),
      `nginx -c ${directory}/run/stand-in-real1.conf -e ${directory}/log/stand-in-real1.log`,
    ]);
    expect(readFileSync(join(directory, "run/stand-in-real1.conf"), "utf8")).toBe(
      serverConfig(directory, "real1", wanted.listeners),
    );
    // nginx takes both from one file.
    expect(readFileSync(join(directory, "cache/stand-in.pem"), "utf8")).toBe("key\ncert\n");

    await standIn.apply({ host: ref, ...wanted, name: "real2" }, undefined, () => {});
    expect(commands().filter((line) => line.startsWith("openssl"))).toHaveLength(1);
  });

  it("ends with an error where a command fails", async () => {
    const { ref } = aHost({ ip: "echo no such route >&2; exit 2", sysctl: "", nginx: "" });
    await expect(standIn.apply({ host: ref, ...wanted }, undefined, () => {})).rejects.toThrow("no such route");
  });

  const links = (...addresses: string[]) =>
    JSON.stringify([
      { addr_info: addresses.map((one) => ({ local: one.split("/")[0], prefixlen: Number(one.split("/")[1]) })) },
    ]);
  const seenBy = (addresses: readonly string[], routes: string) =>
    `case "$*" in "-json "*) echo '${links(...addresses)}' ;; "route "*) echo "${routes}" ;; esac`;
  const all = [...wanted.addresses, "192.0.2.100/32", "2001:db8::100/128"];
  const routes = "default via 192.0.2.1 dev eth0 \ndefault via 2001:db8::1 dev eth0 ";

  async function observed(ip: string, { serves = true, config = wanted.listeners } = {}) {
    const { ref } = aHost({ ip });
    writeFileSync(join(ref.directory, "run/stand-in-real1.conf"), serverConfig(ref.directory, "real1", config));
    if (serves) writeFileSync(join(ref.directory, "run/stand-in-real1.pid"), String(process.pid));
    return await standIn.observe({ host: ref, ...wanted }, () => {});
  }
  const { generation: _generation, bridge: _bridge, name: _name, ...properties } = wanted;

  it("is seen as it was wanted", async () => {
    expect(await observed(seenBy(all, routes))).toEqual(properties);
  });

  it("is seen without what it has lost", async () => {
    expect(await observed(seenBy(["192.0.2.21/24", "192.0.2.121/25"], ""))).toMatchObject({
      ...{ addresses: ["192.0.2.21/24"], quietAddresses: [], gateways: [] },
    });
    expect(await observed(seenBy(all, routes), { serves: false })).toMatchObject({ listeners: [] });
    expect(await observed(seenBy(all, routes), { config: [] })).toMatchObject({ listeners: [] });
  });

  it("is not there when the lab host is down", async () => {
    const { ref } = aHost({});
    vi.mocked(PrivateHost.prototype.spawn).mockImplementation(() => {
      throw new LabHostDownError(ref.directory);
    });
    expect(await standIn.observe({ host: ref, ...wanted }, () => {})).toBeUndefined();
    await standIn.remove({ host: ref, ...wanted }, () => {});
  });
});
