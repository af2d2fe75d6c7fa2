import { describe, expect, it } from "vitest";
import {
  isAskedBy,
  pageOf,
  parseLab,
  portsOf,
  realServers,
  retriesOf,
  schemeOf,
  serviceUrl,
  sorryServicesOf,
  spokenBy,
  vipsOf,
} from "../../../lab/index.ts";

/** A lab whose first service has these properties. */
const labWith = (service: string, more = "", setup = "") =>
  parseLab(
    `control: keepalived
${setup}
networks: [{ subnets: [172.25.254.0/24] }]
services:
  - { vip: 172.25.254.100${service && `, ${service}`} }
${more}
vrrp: [{ members: [{ server: server1 }, { server: server4, priority: 50 }] }]
servers:
  - { name: server1, addresses: [172.25.254.11], role: director }
  - { name: server2, addresses: [172.25.254.12], role: real-server }
  - { name: server3, addresses: [172.25.254.13], role: real-server }
  - { name: server4, addresses: [172.25.254.14], role: director }
  - { name: server5, addresses: [172.25.254.15], role: real-server }
`,
    "mine.yaml",
  );

const checkOf = (check: string) => labWith(`healthCheck: { ${check} }`).services[0]?.healthCheck;

describe("a health check is complete", () => {
  it.each([
    ["", { type: "tcp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 }],
    [
      "delayLoop: 2, retry: 0, warmup: 0, inhibitOnFailure: true",
      {
        type: "tcp",
        delayLoop: 2,
        connectTimeout: 3,
        delayBeforeRetry: 3,
        retry: 0,
        warmup: 0,
        inhibitOnFailure: true,
      },
    ],
    ["type: http", { type: "http", path: "/", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 }],
    [
      "type: https, path: /index.html, statusCodes: [200, 204], digest: true, regex: ^server",
      {
        type: "https",
        path: "/index.html",
        statusCodes: [200, 204],
        digest: true,
        regex: "^server",
        delayLoop: 6,
        connectTimeout: 3,
        delayBeforeRetry: 3,
      },
    ],
    ["type: http, digest: false", { type: "http", path: "/", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 }],
    ["type: smtp", { type: "smtp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 }],
    [
      "type: smtp, heloName: director.example.org, retry: 2",
      {
        type: "smtp",
        heloName: "director.example.org",
        retry: 2,
        ...{ delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 },
      },
    ],
    [
      "type: misc, command: '/usr/bin/nc -z {address} {port}', timeout: 2",
      {
        type: "misc",
        command: ["/usr/bin/nc", "-z", "{address}", "{port}"],
        timeout: 2,
        delayLoop: 6,
        delayBeforeRetry: 3,
      },
    ],
    [
      "type: misc, command: [/bin/sh, -c, test a = 'b']",
      { type: "misc", command: ["/bin/sh", "-c", "test a = 'b'"], delayLoop: 6, delayBeforeRetry: 3 },
    ],
  ])("%s", (given, complete) => {
    expect(checkOf(given)).toEqual(complete);
  });

  it.each([
    ["type: dns", { type: "dns" }],
    ["type: dns, queryType: TXT, queryName: .", { type: "dns", queryType: "TXT", queryName: "." }],
    ["type: dns, queryName: www.example.org.", { type: "dns", queryName: "www.example.org." }],
  ])("of a UDP service: %s", (given, complete) => {
    expect(labWith(`protocol: udp, healthCheck: { ${given} }`).services[0]?.healthCheck).toEqual({
      ...complete,
      ...{ delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 },
    });
  });

  it("with keepalived's own number of retries where the file has none", () => {
    const retries = (check: string) => {
      const found = checkOf(check);
      return found && retriesOf(found);
    };
    expect(["type: tcp", "type: http", "type: https", "type: misc, command: /bin/true"].map(retries)).toEqual([
      1, 1, 1, 0,
    ]);
    expect(["retry: 0", "type: misc, command: /bin/true, retry: 4"].map(retries)).toEqual([0, 4]);
    const dns = labWith("protocol: udp, healthCheck: { type: dns }").services[0]?.healthCheck;
    expect(dns && retriesOf(dns)).toBe(3);
  });

  it("in a manual lab, also about pages that somebody else makes", () => {
    const [service] = labWith("healthCheck: { type: http, path: /health }", "", "setup: manual").services;
    expect(service?.healthCheck).toMatchObject({ path: "/health" });
  });
});

describe("TLS", () => {
  const lab = labWith(
    "port: 443, healthCheck: { type: https }, sorryServer: { server: server5 }",
    "  - { vip: 172.25.254.100, sorryServer: {} }",
  );

  it("is spoken where the health check speaks it", () => {
    expect(lab.services.map(schemeOf)).toEqual(["https", "http"]);
    expect(lab.services.map(serviceUrl)).toEqual(["https://172.25.254.100:443/", "http://172.25.254.100:80/"]);
    const ports = (server: string) => [portsOf(lab, server, "tcp"), portsOf(lab, server, "tcp", { tls: true })];
    expect(ports("server2")).toEqual([[443, 80], [443]]);
    expect(ports("server5")).toEqual([[443], [443]]);
    expect(ports("server1")).toEqual([[80], []]);
  });

  it("is spoken on port 443 of a group, also where that is the first one", () => {
    const group = labWith("port: 443, morePorts: [80], firewallMark: 1");
    expect(group.services.map(serviceUrl)).toEqual(["https://172.25.254.100:443/"]);
    expect(portsOf(group, "server2", "tcp")).toEqual([443, 80]);
    expect(portsOf(group, "server2", "tcp", { tls: true })).toEqual([443]);
  });

  it("is nobody's where ipvsadm is in control", () => {
    const text = `control: ipvsadm
networks: [{ subnets: [172.25.254.0/24] }]
services: [{ vip: 172.25.254.100, port: 443 }]
servers:
  - { name: a, addresses: [172.25.254.11], role: director }
  - { name: b, addresses: [172.25.254.12], role: real-server }`;
    expect(parseLab(text, "lab.yaml").services.map(schemeOf)).toEqual(["http"]);
  });
});

describe("a sorry server", () => {
  it("is a server of the lab, with the VIP and a page, and none of the real servers that the file does not list", () => {
    const lab = labWith("port: 8080, sorryServer: { server: server5, page: closed, inhibit: true }");
    expect(lab.services[0]?.sorryServer).toEqual({
      server: "server5",
      address: "172.25.254.15",
      port: 8080,
      page: "closed",
      inhibit: true,
    });
    expect(lab.services[0]?.realServers.map(({ server }) => server)).toEqual(["server2", "server3"]);
    expect(realServers(lab).map(({ name }) => [name, vipsOf(lab, name), pageOf(lab, name)])).toEqual([
      ["server2", ["172.25.254.100"], "server2\n"],
      ["server3", ["172.25.254.100"], "server3\n"],
      ["server5", ["172.25.254.100"], "closed"],
    ]);
  });

  it("is each director itself where the file names none", () => {
    const lab = labWith("sorryServer: {}");
    expect(lab.services[0]?.sorryServer).toEqual({
      address: "127.0.0.1",
      port: 80,
      page: "Sorry, no server is available.\n",
    });
    expect(lab.services[0]?.realServers).toHaveLength(3);
    expect(["server1", "server2", "server4"].map((name) => sorryServicesOf(lab, name).length)).toEqual([1, 0, 1]);
    expect(pageOf(lab, "server4")).toBe("Sorry, no server is available.\n");
    expect(realServers(lab).map(({ name }) => name)).toEqual(["server2", "server3", "server5"]);
  });

  it("may be that of several services, with one page", () => {
    const sorry = "sorryServer: { server: server5, page: closed }";
    expect(labWith(sorry, `  - { vip: 172.25.254.100, port: 81, ${sorry} }`).services).toHaveLength(2);
  });

  it("is left out of a lab without one, with all else", () => {
    const [service] = labWith("").services;
    for (const key of ["alpha", "omega", "quorum", "hysteresis", "quorumUp", "quorumDown", "sorryServer"])
      expect(service, key).not.toHaveProperty(key);
  });

  it("has its quorum beside it", () => {
    const given = "alpha: true, omega: true, quorum: 2, hysteresis: 1, quorumUp: /bin/a b, quorumDown: [/bin/a, b c]";
    expect(labWith(given).services[0]).toMatchObject({
      alpha: true,
      omega: true,
      quorum: 2,
      hysteresis: 1,
      quorumUp: ["/bin/a", "b"],
      quorumDown: ["/bin/a", "b c"],
    });
  });
});

describe("a service whose file has no health check", () => {
  const ofProtocol = (protocol: "tcp" | "udp", control = "keepalived") =>
    parseLab(
      `control: ${control}
networks: [{ subnets: [10.0.0.0/24] }]
services: [{ vip: 10.0.0.100, protocol: ${protocol} }]
${control === "keepalived" ? "vrrp: [{ members: [{ server: a }, { server: b, priority: 50 }] }]\n" : ""}servers:
  - { name: a, addresses: [10.0.0.11], role: director }
${control === "keepalived" ? "  - { name: b, addresses: [10.0.0.12], role: director }\n" : ""}  - { name: c, addresses: [10.0.0.3], role: real-server }
`,
      "lab.yaml",
    ).services[0]?.healthCheck;

  it("has the textbook's by TCP, and by UDP one that needs an answer", () => {
    const timers = { delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 };
    expect(ofProtocol("tcp")).toEqual({ type: "tcp", ...timers });
    expect(ofProtocol("udp")).toEqual({ type: "udp", requireReply: true, ...timers });
  });

  it("has none without keepalived", () => {
    expect(ofProtocol("tcp", "ipvsadm")).toBeUndefined();
    expect(ofProtocol("udp", "ipvsadm")).toBeUndefined();
  });
});

describe("what a health check speaks", () => {
  const lab = labWith(
    "healthCheck: { type: smtp }, realServers: [{ server: server2 }, { server: server5 }]",
    "  - { vip: 172.25.254.100, port: 53, protocol: udp, healthCheck: { type: dns }, realServers: [{ server: server3 }] }",
  );

  it("is spoken to its own real servers", () => {
    expect(lab.services.map(spokenBy)).toEqual(["smtp", "dns"]);
    const asked = (speaks: "dns" | "smtp") =>
      lab.servers.map(({ name }) => name).filter((name) => isAskedBy(lab, name, speaks));
    expect(asked("smtp")).toEqual(["server2", "server5"]);
    expect(asked("dns")).toEqual(["server3"]);
  });
});
