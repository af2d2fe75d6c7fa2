import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test, vi } from "vitest";
import { becomeRoot, labEnvironment } from "../../../../provision/host/machine/namespaces.ts";
import { PrivateHost } from "../../../../provision/host/private/private-host.ts";
import { LabHostDownError } from "../../../../provision/host/reach.ts";
import { type Answering, answersScript } from "../../../../provision/host/stand-in/answers.ts";
import { bfdConfig } from "../../../../provision/host/stand-in/bfd.ts";
import { pagesOf, webConfig } from "../../../../provision/host/stand-in/web.ts";
import { standIn } from "../../../../provision/host/stand-in.ts";
import { commandIn, userland } from "../../../../provision/host/userland/userland.ts";
import { isProgram } from "../../../../setup/steps/machine.mjs";
import { dnsEscapes, dnsResponse } from "../../../../verify/live/dns-question.ts";

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "lvs lab "));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const each of ["run", "cache", "log"]) mkdirSync(join(directory, each));
  return directory;
}

const listeners: Parameters<typeof webConfig>[2] = [
  {
    ...{ port: 80, tls: false },
    answers: [
      { path: "/health", status: 204, everyone: false },
      { path: "/old", status: 301, everyone: false },
      { path: "/old", host: "www.example.org", status: 200, page: 'a "$host" \\ b\n', everyone: false },
      { path: "/", status: 503, page: "sorry\n", everyone: false },
      { path: "/all", status: 200, page: "for all\n", everyone: true },
    ],
  },
  { port: 443, tls: true, answers: [] },
];

describe("nginx's configuration", () => {
  it("listens on each port for both families, with TLS where it is asked for", () => {
    const text = webConfig("/lab", "real1", listeners);
    expect(text.match(/listen .*;/g)).toEqual([
      ...["listen 80;", "listen [::]:80;", "listen 443 ssl;", "listen [::]:443 ssl;"],
    ]);
    expect(text.match(/ssl_certificate /g)).toHaveLength(1);
    expect(text).toContain('pid "/lab/run/stand-in-real1.pid";');
  });

  it("is one without a listener, too", () => {
    expect(webConfig("/lab", "gateway1", [])).not.toContain("listen");
  });

  it("answers clients with the name, and health checks with the statuses that they want", async () => {
    const directory = aDirectory();
    const file = join(directory, "nginx.conf");
    writeFileSync(file, webConfig(directory, "real1", listeners.slice(0, 1)));
    mkdirSync(join(directory, "run/stand-in-real1.pages"));
    for (const [index, text] of pagesOf(listeners).entries())
      writeFileSync(join(directory, `run/stand-in-real1.pages/${index}`), text);
    const check = "KeepAliveClient";
    const asked = [
      ...[
        ["/", "curl"],
        ["/health?deep=1", "curl"],
        ["/all", "curl"],
        ["/lvs-lab/0", "curl"],
      ],
      ...[
        ["/", check],
        ["/health?deep=1", check],
        ["/old", check],
        ["/old", check, "WWW.example.org:80"],
        ["/all", check],
        ["/other", check],
      ],
    ];
    const script = [
      "set -e; ip link set lo up",
      'nginx -c "$1" -e "$2/log/error"',
      ...asked.map(
        ([path, agent, host = "127.0.0.1"]) =>
          `curl -s -o "$2/page" -w "%{http_code} " -A ${agent} -H "Host: ${host}" "http://127.0.0.1${path}"; head -1 "$2/page"; echo`,
      ),
      'curl -s -g "http://[::1]/"',
      'kill "$(cat "$2/run/stand-in-real1.pid")"',
    ].join("\n");
    const command = ["unshare", "--net", "bash", "-c", script, "bash", file, directory];
    const [program = "", ...args] = commandIn(await userland(), command, [{ from: directory, write: true }]);
    const output = execFileSync(program, args, { encoding: "utf8", env: labEnvironment() });
    expect(output.split("\n").filter((line) => line !== "")).toEqual([
      ...["200 real1", "200 real1", "200 for all", expect.stringMatching(/^404/)],
      ...["503 sorry", expect.stringMatching(/^204/), expect.stringMatching(/^301/), '200 a "$host" \\ b'],
      ...["200 for all", "200 real1", "real1"],
    ]);
  });
});

describe("what a stand-in answers beside HTTP", () => {
  /** What comes of a bash script in a network of its own, in which a stand-in answers. */
  function askedOf(answering: Partial<Answering>, script: string): string {
    const directory = aDirectory();
    const program = join(directory, "answers.pl");
    writeFileSync(
      program,
      answersScript({
        ...{ name: "real1", addresses: ["127.0.0.2", "::1"], datagrams: [], mail: [] },
        ...answering,
      }),
    );
    const whole = `set -e; ip link set lo up
ask() { exec 3<>"/dev/udp/$1/$2"; printf "$3" | dd bs=65535 iflag=fullblock status=none >&3; timeout 2 dd bs=65535 count=1 status=none <&3 | od -An -v -tx1 | tr -d ' \\n'; echo; exec 3>&-; }
perl "$1" "$2/run/pid" "$2/log/said"
trap 'kill "$(cat "$2/run/pid")"' EXIT
${script}
cat "$2/log/said" 2>/dev/null || true`;
    const args = [...becomeRoot(), "--net", "bash", "-c", whole, "bash", program, directory];
    return execFileSync("unshare", args, { encoding: "utf8", timeout: 20_000 });
  }
  const hex = (text: string) => Buffer.from(text).toString("hex");
  const withPerl = it.skipIf(!isProgram("perl"));

  withPerl("datagrams with its name, or with what a health check wants", () => {
    const datagrams = [
      { port: 7, dns: false, replies: [] },
      { port: 8, dns: false, replies: [{ to: "0aff", reply: "beef" }], reply: "00" },
    ];
    const asked = ["ask 127.0.0.2 7 x", "ask ::1 7 x", String.raw`ask 127.0.0.2 8 '\n\xff'`, "ask 127.0.0.2 8 x"];
    expect(askedOf({ datagrams }, asked.join("\n")).split("\n")).toEqual([
      ...[hex("real1\n"), hex("real1\n"), "beef", "00", ""],
    ]);
    // An address that nothing binds is refused.
    expect(() => askedOf({ datagrams }, "ask 127.0.0.3 7 x | grep .")).toThrow();
  });

  withPerl("DNS queries of any type and name, as a server of its own", () => {
    const datagrams = [{ port: 53, dns: true, replies: [] }];
    const queries = (["A", "SOA", "MX", "DNSKEY"] as const).flatMap((type) =>
      [".", "www.example.org"].map((name) => dnsEscapes({ type, name })),
    );
    const lines = askedOf({ datagrams }, queries.map((one) => `ask 127.0.0.2 53 '${one}'`).join("\n")).split("\n");
    expect(lines.slice(0, -1).map((line) => dnsResponse(line)?.code)).toEqual(queries.map(() => 0));
    // The address of the one, and its name.
    expect(lines[1]).toMatch(/00047f000002$/);
    expect(lines[3]).toContain(hex("real1"));
    // Without an IPv4 address there is none to tell, and what is no query gets the name.
    const six = askedOf(
      { datagrams, addresses: ["::1"] },
      [`ask ::1 53 '${dnsEscapes({ type: "A", name: "." })}'`, "ask ::1 53 x"].join("\n"),
    ).split("\n");
    expect(dnsResponse(six[0] ?? "")?.code).toBe(0);
    expect(six[0]?.slice(12, 20)).toBe("00000001"); // no answer, and an authority: the SOA
    expect(six[1]).toBe(hex("real1\n"));
  });

  withPerl("SMTP sessions, as RFC 5321 has them", () => {
    const session = (...lines: string[]) =>
      `exec 4<>/dev/tcp/127.0.0.1/25; printf '${lines.join("\\r\\n")}\\r\\n' >&4; cat <&4`;
    const output = askedOf(
      { mail: [25, 587] },
      [
        session("HELO smtpchecker.keepalived.org", "QUIT"),
        session(
          ...[
            "MAIL FROM:<a@example.org>",
            "EHLO",
            "ehlo x",
            "DATA",
            "MAIL FROM:<>",
            "MAIL FROM:<>",
            "RCPT TO:<b>",
            "DATA",
          ],
          ...["QUIT", "..", ".", "DATA", "NOOP", "RSET", "VRFY b", "EXPN b", "HELP", "XYZ", "?", "QUIT"],
        ),
        session("x".repeat(9000), "QUIT"),
        "exec 4<>/dev/tcp/::1/587; head -1 <&4",
      ].join("\n"),
    );
    const answers = output.split("\r\n").filter((line) => line.trim() !== "");
    expect(answers.slice(0, 3)).toEqual(["220 real1 ESMTP", "250 real1", "221 real1 closes"]);
    expect(answers.slice(3).map((line) => line.trim().slice(0, 3))).toEqual([
      ...["220", "503", "501", "250", "503", "250", "503", "250", "354"],
      ...["250", "503", "250", "250", "252", "502", "214", "500", "500", "221"],
      ...["220", "500", "221", "220"],
    ]);
  });
});

test("a neighbour of directors in BFD", () => {
  const session = { source: "192.0.2.30", minTx: 50, minRx: 10, multiplier: 3 };
  expect(
    bfdConfig([
      { ...session, name: "a", neighbor: "192.0.2.11" },
      { ...session, name: "b", neighbor: "192.0.2.12" },
    ]),
  ).toBe(
    ["a 192.0.2.11", "b 192.0.2.12"]
      .map((one) => one.split(" "))
      .map(
        ([name, neighbor]) =>
          `bfd_instance ${name} {\n    neighbor_ip ${neighbor}\n    source_ip 192.0.2.30\n    min_rx 10\n    min_tx 50\n    multiplier 3\n}\n`,
      )
      .join("\n"),
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
  listeners: [{ port: 443, tls: true, answers: [] }],
  datagrams: [{ port: 53, dns: true, replies: [{ to: "00", reply: "01" }], reply: "02" }],
  mail: [25],
  bfd: [{ name: "b", source: "192.0.2.21", neighbor: "192.0.2.11", minTx: 10, minRx: 10, multiplier: 5 }],
  up: true as const,
};

describe("a stand-in", () => {
  it("is attached, gets its addresses, routes and tunnel, and begins to serve", async () => {
    const openssl =
      'while [ $# -gt 0 ]; do case $1 in -keyout) echo key >"$2" ;; -out) echo cert >"$2" ;; esac; shift; done';
    const { ref, attached, commands } = aHost({ ip: "", sysctl: "", nginx: "", perl: "", keepalived: "", openssl });
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
      `perl ${directory}/run/stand-in-real1.pl ${directory}/run/stand-in-real1.pl.pid ${directory}/log/stand-in-real1.log`,
      `keepalived --no-syslog --use-file ${directory}/run/stand-in-real1.bfd --pid ${directory}/run/stand-in-real1.bfd.pid --bfd_pid ${directory}/run/stand-in-real1.bfd.bfd.pid`,
    ]);
    expect(readFileSync(join(directory, "run/stand-in-real1.conf"), "utf8")).toBe(
      webConfig(directory, "real1", wanted.listeners),
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

  it("says what is missing where the machine's kernel has no IP-in-IP", async () => {
    const { ref } = aHost({ ip: 'if [ "$3" = ipip0 ]; then echo Unknown device type >&2; exit 2; fi', sysctl: "" });
    await expect(standIn.apply({ host: ref, ...wanted }, undefined, () => {})).rejects.toThrow(
      "kernel makes no IP-in-IP device, by which packets reach a real server of lvs_method TUN. Fix: sudo modprobe ipip",
    );
  });

  const links = (...addresses: string[]) =>
    JSON.stringify([
      { addr_info: addresses.map((one) => ({ local: one.split("/")[0], prefixlen: Number(one.split("/")[1]) })) },
    ]);
  const seenBy = (addresses: readonly string[], routes: string) =>
    `case "$*" in "-json "*) echo '${links(...addresses)}' ;; "route "*) echo "${routes}" ;; esac`;
  const all = [...wanted.addresses, "192.0.2.100/32", "2001:db8::100/128"];
  const routes = "default via 192.0.2.1 dev eth0 \ndefault via 2001:db8::1 dev eth0 ";

  /** What is seen of a stand-in whose processes were started with `started`, and of which those in `runs` run. */
  async function observed(
    ip: string,
    { started = {}, runs = ["", ".pl", ".bfd"] }: { started?: Partial<typeof wanted>; runs?: readonly string[] } = {},
  ) {
    const { ref } = aHost({ ip, sysctl: "", nginx: "", perl: "", keepalived: "", openssl: "exit 0" });
    writeFileSync(join(ref.directory, "cache/stand-in.pem"), "");
    await standIn.apply({ host: ref, ...wanted, ...started }, undefined, () => {});
    for (const kind of runs) writeFileSync(join(ref.directory, `run/stand-in-real1${kind}.pid`), String(process.pid));
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
    const without = (...runs: string[]) => observed(seenBy(all, routes), { runs });
    const { listeners, datagrams, mail, bfd } = wanted;
    expect(await without(".pl", ".bfd")).toMatchObject({ listeners: [], datagrams, mail, bfd });
    expect(await without("", ".bfd")).toMatchObject({ listeners, datagrams: [], mail: [], bfd });
    expect(await without("", ".pl")).toMatchObject({ listeners, datagrams, mail, bfd: [] });
  });

  it("is seen without what it was started without", async () => {
    const nothing = { listeners: [], datagrams: [], mail: [], bfd: [] };
    expect(await observed(seenBy(all, routes), { started: nothing, runs: [] })).toMatchObject(nothing);
    expect(await observed(seenBy(all, routes), { started: { mail: [26] } })).toMatchObject({ datagrams: [], mail: [] });
  });

  it("that an earlier version recorded is the same", () => {
    const { datagrams: _datagrams, mail: _mail, bfd: _bfd, ...recorded } = wanted;
    expect(standIn.upgrade?.({ ...recorded, listeners: [{ port: 80, tls: false, statuses: { "/a": 204 } }] })).toEqual({
      ...recorded,
      ...{ datagrams: [], mail: [], bfd: [] },
      listeners: [{ port: 80, tls: false, answers: [{ path: "/a", status: 204, everyone: false }] }],
    });
    expect(standIn.upgrade?.(wanted)).toEqual(wanted);
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
