import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { matching, sampleOf } from "../../../../rehearse/plan/checks/matching.ts";
import { inferPlan } from "../../../../rehearse/plan/infer.ts";
import type { StandIn } from "../../../../rehearse/plan/plan.ts";
import { type EquippedStandIn, standInsOf } from "../../../../rehearse/plan/stand-ins.ts";
import { aFolder, instance, service } from "../a-folder.ts";

const vip = "192.0.2.100";

/** The stand-in of a real server with these checks, and what `rehearse init` says of it. */
function standInFor(
  checks: string,
  {
    port = 80,
    further = {},
    pages = {},
  }: { port?: number; further?: Readonly<Record<string, string | Buffer>>; pages?: StandIn["pages"] } = {},
): EquippedStandIn & { readonly told: readonly string[] } {
  const text = instance([`${vip}/24`]) + service(`${vip} ${port}`, [`192.0.2.21 ${port} {\n${checks}\n}`]);
  const { folder, directors } = aFolder({ "lb1.conf": text, ...further });
  const { plan, missing } = inferPlan(folder, directors);
  const standIns = plan.standIns.map((one) => ({ ...one, pages }));
  const [found] = standInsOf({ ...plan, standIns }, { folder, directors });
  if (!found) throw new Error("there is no stand-in");
  return { ...found, told: missing.get("real1") ?? [] };
}

const url = (lines: string, check = "HTTP_GET") => `${check} {\nurl {\npath /health\n${lines}\n}\n}`;
const md5 = (text: string) => createHash("md5").update(text).digest("hex");

describe("HTTP", () => {
  test.each([
    ["204", 204],
    ["300-399", 300],
    ["301 200", undefined],
    ["404\nstatus_code 503", 404],
    ["200-299", undefined],
    ["100-199", undefined],
  ])("status_code %s is answered by %s", (codes, status) => {
    const { listeners } = standInFor(url(`status_code ${codes}`));
    expect(listeners[0]?.answers).toEqual(status === undefined ? [] : [{ path: "/health", status, everyone: false }]);
  });

  test("a status that ends no request is told", () => {
    expect(standInFor(url("status_code 100-199")).missing).toEqual([
      "no answer has one of the statuses that a health check wants of /health on port 80 of real1: correct its status_code",
    ]);
  });

  test("two checks of one path that no answer satisfies are told", () => {
    const both = (first: string, second: string) => standInFor(`${url(first)}\n${url(second)}`);
    const { listeners, missing } = both("status_code 200", "status_code 404");
    expect(listeners[0]?.answers).toEqual([{ path: "/health", status: 404, everyone: false }]);
    expect(missing).toEqual([
      "health checks want different statuses of /health on port 80 of real1, so that one of them fails: let them ask for different paths",
    ]);
    expect(both('regex "up"', 'regex "fine"').missing).toEqual([
      'health checks want different pages of /health on port 80 of real1, so that one of them may fail: name a file that all of them take, pages: { "/health": FILE }',
    ]);
    expect(both('regex "up"', 'regex "up"').missing).toEqual([]);
  });

  test("two checks of one path get what both take", () => {
    const { listeners } = standInFor(`${url("status_code 200-399")}\n${url("status_code 302-404")}`);
    expect(listeners[0]?.answers).toEqual([{ path: "/health", status: 302, everyone: false }]);
  });

  test("a virtualhost's answer is its own", () => {
    const checks = ["WWW.example.org:80", "api.example.org"].map((host, index) =>
      url(`virtualhost ${host}\nstatus_code 30${index}`),
    );
    expect(standInFor(checks.join("\n")).listeners[0]?.answers).toEqual([
      { path: "/health", host: "www.example.org", status: 300, everyone: false },
      { path: "/health", host: "api.example.org", status: 301, everyone: false },
    ]);
  });

  test("connect_ip is where a check goes to", () => {
    const text =
      instance([`${vip}/24`]) +
      service(`${vip} 80`, ["192.0.2.21 80 {\nTCP_CHECK {\nconnect_ip 192.0.2.30\nconnect_port 9000\n}\n}"]);
    const { folder, directors } = aFolder({ "lb1.conf": text });
    const { plan } = inferPlan(folder, directors);
    expect(
      standInsOf(plan, { folder, directors }).map(({ name, listeners }) => [name, listeners.map(({ port }) => port)]),
    ).toEqual([
      ["real1", [80]],
      ["checked1", [9000]],
    ]);
  });
});

describe("digest", () => {
  const page = "<p>fine</p>\n";

  test("is that of a file of the folder", () => {
    const { listeners, missing } = standInFor(url(`digest ${md5(page).toUpperCase()}`), {
      further: { "page.html": page },
    });
    expect(listeners[0]?.answers).toEqual([{ path: "/health", status: 200, page, everyone: false }]);
    expect(missing).toEqual([]);
  });

  test.each([
    ["the name", "real1\n"],
    ["nothing", ""],
  ])("of %s needs no file", (_, text) => {
    const { listeners, missing } = standInFor(url(`digest ${md5(text)}`));
    expect(listeners[0]?.answers).toEqual([{ path: "/health", status: 200, page: text, everyone: false }]);
    expect(missing).toEqual([]);
  });

  test("which no file has is told, with the fix", () => {
    const { missing, told } = standInFor(url(`digest ${md5(page)}`));
    expect(missing).toEqual([
      `no file of the folder has the digest ${md5(page)} that HTTP_GET of 192.0.2.21 80 wants of /health, so that real1 fails it: put the page into the folder, or name its file, pages: { "/health": FILE }`,
    ]);
    expect(told).toEqual(missing);
  });

  test("is compared with the page that the plan names", () => {
    const given = { further: { "page.html": page, "other.html": "x" }, pages: { "/health": "page.html" } };
    const { listeners } = standInFor(url(`digest ${md5(page)}`), given);
    // All clients get it: it is what somebody has asked for.
    expect(listeners[0]?.answers).toEqual([{ path: "/health", status: 200, page, everyone: true }]);
    const { missing } = standInFor(url(`digest ${md5("y")}`), { ...given, pages: { "/health": "other.html" } });
    expect(missing).toEqual([
      `the file of /health in pages of real1 has the digest ${md5("x")}, and HTTP_GET of 192.0.2.21 80 wants ${md5("y")}: name another file`,
    ]);
  });
});

test("a page that is no text of UTF-8 is told", () => {
  const further = { "page.html": Buffer.from("für alle\n", "latin1") };
  expect(standInFor(url("status_code 200"), { further, pages: { "/health": "page.html" } }).missing).toEqual([
    "page.html, the page /health of real1, is no text of UTF-8, and real1 answers with other bytes: convert it with iconv(1)",
  ]);
});

describe("regex", () => {
  test.each([
    ["OK", "OK\nreal1\n"],
    ["real1", "real1\n"],
    ["^status: (up|fine)\\.$", undefined],
    ["\\bOK\\b", "OK\nreal1\n"],
    ["(?:a|b)c{2}d?[x-z]\\d+", "accx0\nreal1\n"],
    ["(?!x)y", undefined],
    ["(", undefined],
  ])("%s is matched by %j", (pattern, page) => {
    const { listeners, missing } = standInFor(url(`regex "${pattern.replaceAll("\\", "\\\\")}"`));
    expect(listeners[0]?.answers.map((one) => one.page)).toEqual(page === undefined ? [] : [page]);
    expect(missing).toHaveLength(page === undefined ? 1 : 0);
  });

  test("offsets, options and regex_no_match count", () => {
    const wanted = { pattern: "ok", options: [], not: false, from: 0, to: undefined };
    // From the headers on, which are in front.
    expect(matching({ ...wanted, from: 123 }, "real1\n")).toBe("\n\n\nok\nreal1\n");
    expect(matching({ ...wanted, to: 1000 }, "real1\n")).toBe("ok\nreal1\n");
    expect(matching({ ...wanted, to: 100 }, "real1\n")).toBeUndefined();
    expect(matching({ ...wanted, pattern: "^ok" }, "real1\n")).toBeUndefined();
    expect(matching({ ...wanted, pattern: "^ok$", options: ["MULTILINE"] }, "real1\n")).toBe("ok\nreal1\n");
    expect(matching({ ...wanted, pattern: "REAL", options: ["CASELESS"] }, "real1\n")).toBe("real1\n");
    expect(matching({ ...wanted, options: ["EXTENDED"] }, "real1\n")).toBeUndefined();
    expect(matching({ ...wanted, not: true }, "real1\n")).toBe("real1\n");
    expect(matching({ ...wanted, pattern: "real", not: true }, "real1\n")).toBe("");
    expect(matching({ ...wanted, pattern: "nginx", not: true }, "real1\n")).toBeUndefined();
  });

  test("a sample of what is not plain there is none", () => {
    for (const pattern of ["\\p{L}", "[^a]", "a(?=b)", "*", "[[:alpha:]]", "a)"])
      expect(sampleOf(pattern)).toBeUndefined();
  });
});

describe("UDP", () => {
  test.each([
    ["", { port: 53, dns: false, replies: [] }],
    ["payload 0102\nrequire_reply", { port: 53, dns: false, replies: [] }],
    ["require_reply 0A xB c\nmin_reply_length 5", { port: 53, dns: false, replies: [], reply: "0a0b0c0000" }],
    [
      "payload DE AD\nrequire_reply beef00\nmax_reply_length 2",
      { port: 53, dns: false, replies: [{ to: "dead", reply: "beef" }] },
    ],
  ])("a check with %j", (lines, datagram) => {
    const { datagrams, missing } = standInFor(`UDP_CHECK {\nconnect_port 53\n${lines}\n}`);
    expect(datagrams).toEqual([datagram]);
    expect(missing).toEqual([]);
  });

  test("lengths that contradict are told", () => {
    const lines = "UDP_CHECK {\nrequire_reply 00\nmin_reply_length 9\nmax_reply_length 8\n}";
    expect(standInFor(lines).missing).toEqual([
      "UDP_CHECK of 192.0.2.21 80 wants an answer of at least 9 and at most 8 bytes, so that real1 fails it: correct one of the two",
    ]);
  });

  test("a virtual server of UDP, and DNS on the same port", () => {
    const text =
      instance([`${vip}/24`]) +
      service(`${vip} 53`, ["192.0.2.21 53 {\nDNS_CHECK {\ntype A\nname www.example.org\n}\n}"]).replace(
        "protocol TCP",
        "protocol UDP",
      );
    const { folder, directors } = aFolder({ "lb1.conf": text });
    const { plan } = inferPlan(folder, directors);
    expect(standInsOf(plan, { folder, directors })).toEqual([
      expect.objectContaining({
        ...{ quietAddresses: [vip], listeners: [], mail: [] },
        datagrams: [{ port: 53, dns: true, replies: [] }],
      }),
    ]);
  });

  test("of SCTP nothing is answered, and that is told", () => {
    const text = instance([`${vip}/24`]) + service(`${vip} 80`, ["192.0.2.21 80"]).replace("TCP", "SCTP");
    const { folder, directors } = aFolder({ "lb1.conf": text });
    const { plan, missing } = inferPlan(folder, directors);
    expect(standInsOf(plan, { folder, directors })[0]?.listeners).toEqual([]);
    expect(missing.get("real1")).toEqual([`${vip} 80 is a service of SCTP, which no stand-in speaks`]);
  });
});

test("SMTP is spoken on the port of its check alone, and on those of its hosts", () => {
  expect(standInFor("SMTP_CHECK {\n}", { port: 25 })).toMatchObject({ listeners: [], mail: [25] });
  const hosts = "SMTP_CHECK {\nhost {\nconnect_port 587\n}\nhost {\nconnect_ip 192.0.2.21\nconnect_port 26\n}\n}";
  expect(standInFor(hosts)).toMatchObject({ listeners: [{ port: 80 }], mail: [26, 587] });
});

describe("scripts", () => {
  test.each([
    ["curl -f http://192.0.2.21:8080/health", { listeners: [80, 8080], tls: [] }],
    ["curl -fk https://192.0.2.21/", { listeners: [80, 443], tls: [443] }],
    ["nc -z -w 1 192.0.2.21 3306", { listeners: [80, 3306], tls: [] }],
    ["nc -zu 192.0.2.21 123", { listeners: [80], tls: [], udp: [123] }],
    ["echo >/dev/tcp/192.0.2.21/22", { listeners: [22, 80], tls: [] }],
    ["mysqladmin -h 192.0.2.21:3306 ping", { listeners: [80, 3306], tls: [] }],
    ["ip route get 192.0.2.21/32", { listeners: [80], tls: [] }],
  ])("%s", (line, { listeners, tls, udp = [] }: { listeners: number[]; tls: number[]; udp?: number[] }) => {
    const found = standInFor("MISC_CHECK {\nmisc_path /etc/keepalived/check.sh\n}", {
      further: { "check.sh": `#!/bin/sh\n${line}\n` },
    });
    expect(found.listeners.map(({ port }) => port)).toEqual(listeners);
    expect(found.listeners.filter((one) => one.tls).map(({ port }) => port)).toEqual(tls);
    expect(found.datagrams.map(({ port }) => port)).toEqual(udp);
  });

  test.each([
    ["dig +short @192.0.2.21 www.example.org A", [53]],
    ["dig -p 5353 www.example.org @192.0.2.21 +time=1", [5353]],
    ["nslookup -type=a www.example.org 192.0.2.21", [53]],
    ["nslookup -port=5353 www.example.org 192.0.2.21 >/dev/null", [5353]],
    ['[ -n "$(host -W 1 www.example.org 192.0.2.21)" ]', [53]],
    ["host 192.0.2.21", []],
    ["dig -x 192.0.2.21", []],
  ])("a name server, %s", (line, ports) => {
    const found = standInFor("MISC_CHECK {\nmisc_path /etc/keepalived/check.sh\n}", {
      further: { "check.sh": `#!/bin/sh\n${line}\n` },
    });
    expect(found.datagrams.map(({ port, dns }) => [port, dns])).toEqual(ports.map((port) => [port, true]));
    expect(found.listeners.map(({ port }) => port)).toEqual([80]);
  });

  test("arguments of an address and a port", () => {
    const found = standInFor('MISC_CHECK {\nmisc_path "/usr/local/bin/check 192.0.2.21 9200"\n}');
    expect(found.listeners.map(({ port }) => port)).toEqual([80, 9200]);
  });
});

describe("BFD", () => {
  const bfd = (lines: string) => `bfd_instance peer {\nneighbor_ip 192.0.2.30\n${lines}\n}\n${instance([`${vip}/24`])}`;

  test("a neighbour that is no director has its end of the session with each of them", () => {
    const files = { "lb1.conf": bfd("source_ip 192.0.2.11\nmin_rx 50"), "lb2.conf": bfd("min_tx 20\nmultiplier 3") };
    const { folder, directors } = aFolder(files);
    const { plan } = inferPlan(folder, directors);
    expect(plan.directors.map(({ interfaces }) => interfaces[0]?.addresses)).toEqual([["192.0.2.11"], ["192.0.2.12"]]);
    expect(standInsOf(plan, { folder, directors })).toEqual([
      expect.objectContaining({
        ...{ name: "neighbour1", missing: [] },
        bfd: [
          ...[["session1", "192.0.2.11", 50, 10, 5] as const, ["session2", "192.0.2.12", 10, 20, 3] as const].map(
            ([name, neighbor, minTx, minRx, multiplier]) => ({
              ...{ name, source: "192.0.2.30", neighbor, minTx, minRx, multiplier },
            }),
          ),
        ],
      }),
    ]);
  });

  test("multihop is told", () => {
    const { folder, directors } = aFolder({ "lb1.conf": bfd("multihop") });
    const { plan, missing } = inferPlan(folder, directors);
    expect(standInsOf(plan, { folder, directors })[0]?.bfd).toEqual([]);
    expect(missing.get("neighbour1")).toEqual([
      "bfd_instance peer of lb1 finds no neighbour in neighbour1: a stand-in does not speak multihop",
    ]);
  });
});
