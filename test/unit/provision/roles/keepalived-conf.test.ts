import { describe, expect, it } from "vitest";
import {
  type HealthCheck,
  type RealServer,
  readLab,
  serverNamed,
  toIp,
  type VirtualService,
  type VrrpPart,
  vrrpPartsOf,
} from "../../../../lab/index.ts";
import { serviceLine } from "../../../../provision/roles/keepalived.ts";
import {
  keepalivedConf as conf,
  PASSWORD,
  withoutPasswords,
  withPasswords,
} from "../../../../provision/roles/keepalived-conf.ts";

const lab = await readLab("labs/ha.yaml");
const { services } = lab;
const [article = {} as VrrpPart] = vrrpPartsOf(lab, serverNamed(lab, "server1"));
const [web80 = {} as VirtualService] = services;

type Change = Partial<VrrpPart & VirtualService>;
const keepalivedConf = (change: Change = {}): string =>
  conf({ instances: [{ ...article, ...change, name: "VI_1" }], services: [{ ...web80, ...change }] });

/** The lines in which two configurations differ, without their indentation. */
const changed = (settings: Change) => {
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const [before, after] = [lines(keepalivedConf()), lines(keepalivedConf(settings))];
  return { gone: before.filter((line) => !after.includes(line)), come: after.filter((line) => !before.includes(line)) };
};

it("is the article's configuration", () => {
  expect(keepalivedConf()).toMatchInlineSnapshot(`
    "! The lab's keepalived, generated. A change by hand is seen by \`pulumi refresh\`.
    global_defs {
       notification_email {
         root@localhost
       }
       notification_email_from keepalived@localhost
       smtp_server 127.0.0.1
       smtp_connect_timeout 30
       router_id LVS_DEVEL
       vrrp_skip_check_adv_addr
    }

    vrrp_instance VI_1 {
        state MASTER
        interface eth0
        virtual_router_id 51
        priority 100
        advert_int 1
        authentication {
            auth_type PASS
            auth_pass 1111
        }
        virtual_ipaddress {
            172.25.254.100
        }
    }

    virtual_server 172.25.254.100 80 {
        delay_loop 6
        lb_algo rr
        lb_kind DR
        protocol TCP

        real_server 172.25.254.12 80 {
            weight 1
            TCP_CHECK {
                connect_timeout 3
                delay_before_retry 3
            }
        }

        real_server 172.25.254.13 80 {
            weight 1
            TCP_CHECK {
                connect_timeout 3
                delay_before_retry 3
            }
        }
    }
    "
  `);
});

it("of the standby differs in state and priority alone", () => {
  expect(changed({ state: "BACKUP", priority: 50 })).toEqual({
    gone: ["state MASTER", "priority 100"],
    come: ["state BACKUP", "priority 50"],
  });
});

it("without preemption both begin as BACKUP, which is where nopreempt works", () => {
  for (const state of ["MASTER", "BACKUP"] as const)
    expect(changed({ preempt: false, state })).toEqual({ gone: ["state MASTER"], come: ["state BACKUP", "nopreempt"] });
});

it("of VRRP version 3 says so, and has no password", () => {
  expect(changed({ version: 3, advertInterval: 0.1 })).toEqual({
    gone: ["advert_int 1", "authentication {", "auth_type PASS", "auth_pass 1111"],
    come: ["advert_int 0.1", "version 3"],
  });
});

it("has a persistence line only where there is persistence", () => {
  expect(keepalivedConf()).not.toContain("persistence_timeout");
  expect(changed({ persistenceTimeout: 50 })).toEqual({ gone: [], come: ["persistence_timeout 50"] });
  expect(changed({ persistenceTimeout: 50, persistenceNetmask: 20 }).come).toEqual([
    "persistence_timeout 50",
    "persistence_granularity 255.255.240.0",
  ]);
  expect(changed({ onePacket: true }).come).toEqual(["ops"]);
});

it("by a firewall mark names it, real servers without a port, and the port that a check asks", () => {
  expect(changed({ firewallMark: 1, morePorts: [443] })).toEqual({
    gone: [
      "virtual_server 172.25.254.100 80 {",
      "protocol TCP",
      ...["real_server 172.25.254.12 80 {", "real_server 172.25.254.13 80 {"],
    ],
    come: [
      "virtual_server fwmark 1 {",
      ...["real_server 172.25.254.12 0 {", "connect_port 80"],
      ...["real_server 172.25.254.13 0 {", "connect_port 80"],
    ],
  });
});

describe("a health check", () => {
  const tcp = { type: "tcp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 } as const;
  const web = { path: "/", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 } as const;
  const [real] = web80.realServers;
  /** The first real_server of the service with this check. */
  const block = (healthCheck: HealthCheck): string[] => {
    const text = keepalivedConf({ healthCheck, realServers: real ? [real] : [] });
    const [, inside = ""] = /real_server \S+ 80 \{\n([\s\S]*?)\n {4}\}\n/.exec(text) ?? [];
    return inside.split("\n").map((line) => line.slice(8));
  };

  it.each<[string, HealthCheck, string[]]>([
    [
      "by TCP, with all that it may have",
      { ...tcp, retry: 0, warmup: 0, inhibitOnFailure: true },
      [
        "inhibit_on_failure",
        "TCP_CHECK {",
        "    connect_timeout 3",
        "    retry 0",
        "    delay_before_retry 3",
        "    warmup 0",
        "}",
      ],
    ],
    [
      "by HTTP, of a status of its success",
      { type: "http", ...web },
      ["HTTP_GET {", "    url {", "        path /", "    }", "    connect_timeout 3", "    delay_before_retry 3", "}"],
    ],
    [
      "by HTTPS, of the page: md5sum(1) of server2 and a newline, a pattern whose backslash keepalived would take",
      { type: "https", ...web, statusCodes: [200, 301], digest: true, regex: "^server\\d$", retry: 2 },
      [
        ...["SSL_GET {", "    url {", "        path /", "        status_code 200 301"],
        "        digest 01bc6b572ba171d4d3bd89abe9cb9a4c",
        ...['        regex "^server\\\\d$"', "        regex_options multiline", "    }"],
        ...["    connect_timeout 3", "    retry 2", "    delay_before_retry 3", "}"],
      ],
    ],
    [
      "by DNS, for the SOA of the root",
      { type: "dns", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 },
      ["DNS_CHECK {", "    connect_timeout 3", "    delay_before_retry 3", "}"],
    ],
    [
      "by DNS, for what the file says",
      { ...tcp, type: "dns", queryType: "TXT", queryName: "www.example.org", retry: 1 },
      [
        ...["DNS_CHECK {", "    type TXT", "    name www.example.org"],
        ...["    connect_timeout 3", "    retry 1", "    delay_before_retry 3", "}"],
      ],
    ],
    [
      "by SMTP, of another port than the service's",
      { ...tcp, type: "smtp", heloName: "director.example.org" },
      [
        ...["SMTP_CHECK {", "    helo_name director.example.org", "    connect_port 25"],
        ...["    connect_timeout 3", "    delay_before_retry 3", "}"],
      ],
    ],
    [
      "by a command, in the real server's own words",
      {
        type: "misc",
        command: ["/bin/sh", "-c", "nc -z {address} {port} || echo 'a\\b'", ""],
        timeout: 2,
        delayLoop: 6,
        delayBeforeRetry: 3,
      },
      [
        "MISC_CHECK {",
        String.raw`    misc_path "/bin/sh -c nc\\ -z\\ 172.25.254.12\\ 80\\ ||\\ echo\\ \\'a\\\\b\\' ''"`,
        ...["    misc_timeout 2", "    delay_before_retry 3", "}"],
      ],
    ],
  ])("%s", (_, check, lines) => {
    expect(block(check)).toEqual(["weight 1", ...lines]);
  });

  it("of a page that is another one asks for another digest", () => {
    const [digest] = block({ type: "http", ...web, digest: true }).filter((line) => line.includes("digest"));
    expect(digest?.trim()).toBe("digest 01bc6b572ba171d4d3bd89abe9cb9a4c");
    const other = keepalivedConf({
      healthCheck: { type: "http", ...web, digest: true },
      realServers: [{ ...(real as RealServer), page: "server2" }],
    });
    expect(other).toContain("digest 194f9987498c1cf5a795d83caa147814\n");
  });
});

it.each([
  ["a short page", 255, "require_reply"],
  ["a page longer than keepalived's longest answer", 256, "require_reply\n            max_reply_length 256"],
])("a UDP check of a server with %s takes its answer", (_, length, lines) => {
  const page = "é".repeat(Math.floor(length / 2)) + "x".repeat(length % 2);
  const healthCheck = {
    type: "udp",
    requireReply: true,
    delayLoop: 6,
    connectTimeout: 3,
    delayBeforeRetry: 3,
  } as const;
  const realServers = web80.realServers.map((real) => ({ ...real, page }));
  const text = keepalivedConf({ protocol: "udp", healthCheck, realServers });
  expect(text).toContain(`        UDP_CHECK {\n            ${lines}\n            connect_timeout 3\n`);
});

it("an SMTP check of a firewall mark's real servers asks port 25, not theirs", () => {
  const healthCheck = { type: "smtp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 } as const;
  const text = keepalivedConf({ firewallMark: 1, healthCheck });
  expect(text.match(/connect_port \d+/g)).toEqual(["connect_port 25", "connect_port 25"]);
});

describe("a web check", () => {
  const web = { type: "http", path: "/", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 } as const;
  const lines = (check: object) => changed({ healthCheck: { ...web, ...check } }).come;

  it("has its path in quotes where keepalived would take a part of it for a comment", () => {
    expect(lines({ path: "/a?b=1" })).toContain("path /a?b=1");
    expect(lines({ path: "/a!b" })).toContain('path "/a!b"');
  });

  it("has many statuses on several lines", () => {
    const statusCodes = Array.from({ length: 250 }, (_, index) => 100 + index);
    const found = lines({ statusCodes }).filter((line) => line.startsWith("status_code "));
    expect(Math.max(...found.map((line) => line.length))).toBeLessThan(1000);
    const reals = web80.realServers.map(() => statusCodes);
    expect(found.flatMap((line) => line.split(" ").slice(1).map(Number))).toEqual(reals.flat());
  });
});

describe("the quorum", () => {
  const sorry = { address: toIp("172.25.254.15"), port: 80, page: "closed" };

  it("stands before the real servers, the sorry server's inhibit after it", () => {
    expect(
      changed({
        alpha: true,
        omega: true,
        quorum: 2,
        hysteresis: 1,
        quorumUp: ["/usr/bin/logger", "up"],
        quorumDown: ["/usr/bin/logger", "is down"],
        sorryServer: { ...sorry, inhibit: true },
      }),
    ).toEqual({
      gone: [],
      come: [
        ...["script_user root", "enable_script_security", "alpha", "omega", "quorum 2", "hysteresis 1"],
        ...['quorum_up "/usr/bin/logger up"', `quorum_down "/usr/bin/logger 'is down'"`],
        ...["sorry_server 172.25.254.15 80", "sorry_server_inhibit"],
      ],
    });
  });

  it("has a sorry server without a port where the service is known by a firewall mark", () => {
    expect(changed({ firewallMark: 7, sorryServer: sorry }).come).toContain("sorry_server 172.25.254.15");
  });

  it("needs no user for commands where there are none", () => {
    expect(changed({ quorum: 2, sorryServer: sorry }).come).toEqual(["quorum 2", "sorry_server 172.25.254.15 80"]);
    const misc = { type: "misc", command: ["/bin/true"], delayLoop: 6, delayBeforeRetry: 3 } as const;
    expect(changed({ healthCheck: misc }).come).toContain("script_user root");
  });
});

describe.each([0, 1, 2, 5])("with %i real servers", (count) => {
  const realServers = Array.from(
    { length: count },
    (_, index): RealServer => ({
      server: `server${index}`,
      address: toIp(`172.25.254.${20 + index}`),
      port: 8080,
      weight: index,
      page: "",
    }),
  );
  const text = keepalivedConf({ port: 8080, realServers });

  it("has each of them once, with its weight and the service's port", () => {
    expect([...text.matchAll(/real_server (\S+) (\d+) \{\s+weight (\d+)/g)].map((found) => found.slice(1))).toEqual(
      realServers.map(({ address, weight }) => [address, "8080", String(weight)]),
    );
    expect(text).toContain("virtual_server 172.25.254.100 8080 {");
  });

  it("closes every block that it opens", () => {
    let depth = 0;
    for (const line of text.split("\n")) {
      if (line.endsWith("{")) depth++;
      if (line.trim() === "}") depth--;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
  });
});

describe("a configuration that is shown", () => {
  const text = keepalivedConf({ password: "geheim" });

  it("has a word in the place of the password, and comes back with it", () => {
    const shown = withoutPasswords(text);
    expect(shown.passwords).toEqual(["geheim"]);
    expect(shown.config).toBe(keepalivedConf({ password: PASSWORD }));
    expect(shown.config).not.toContain("geheim");
    expect(withPasswords(shown.config, ["geheim"])).toBe(text);
    expect(withPasswords(shown.config, ["$&$1"])).toContain("auth_pass $&$1\n");
  });

  it("has none where VRRP has none", () => {
    const version3 = keepalivedConf({ version: 3 });
    expect(withoutPasswords(version3)).toEqual({ config: version3, passwords: [] });
  });
});

it("has the scheduler's flags after the scheduler, which keepalived compares them with", () => {
  const text = conf({
    instances: [],
    services: [{ ...web80, scheduler: "sh", schedulerFlags: ["sh-fallback", "sh-port"] }],
  });
  expect(text).toContain("    lb_algo sh\n    sh-fallback\n    sh-port\n    lb_kind DR\n");
});

it.each([
  ["172.25.254.100:80 rr", { scheduler: "rr" }],
  ["172.25.254.100:80 sh sh-fallback,sh-port", { scheduler: "sh", schedulerFlags: ["sh-fallback", "sh-port"] }],
])("the kernel's service that it leads to is %s", (line, service) => {
  expect(serviceLine("172.25.254.100:80", service)).toBe(line);
});

it("of two instances and two services has both, each with its own password and addresses", () => {
  const other = { ...article, name: "VI_2", id: 52, password: "2222", addresses: [toIp("172.25.254.101")] };
  const text = conf({
    instances: [article, other],
    services: [web80, { ...web80, vip: toIp("172.25.254.101"), port: 8080, scheduler: "wlc" }],
  });
  expect(text.match(/^vrrp_instance .*$|virtual_router_id .*$|^virtual_server .*$|lb_algo .*$/gm)).toEqual([
    ...["vrrp_instance VI_1 {", "virtual_router_id 51", "vrrp_instance VI_2 {", "virtual_router_id 52"],
    ...["virtual_server 172.25.254.100 80 {", "lb_algo rr", "virtual_server 172.25.254.101 8080 {", "lb_algo wlc"],
  ]);
  const { config, passwords } = withoutPasswords(text);
  expect(passwords).toEqual(["1111", "2222"]);
  expect(withPasswords(config, passwords)).toBe(text);
});
