import { describe, expect, it } from "vitest";
import {
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
const [web = {} as VirtualService] = services;

type Change = Partial<VrrpPart & VirtualService>;
const keepalivedConf = (change: Change = {}): string =>
  conf({ instances: [{ ...article, ...change, name: "VI_1" }], services: [{ ...web, ...change }] });

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
    services: [{ ...web, scheduler: "sh", schedulerFlags: ["sh-fallback", "sh-port"] }],
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
    services: [web, { ...web, vip: toIp("172.25.254.101"), port: 8080, scheduler: "wlc" }],
  });
  expect(text.match(/^vrrp_instance .*$|virtual_router_id .*$|^virtual_server .*$|lb_algo .*$/gm)).toEqual([
    ...["vrrp_instance VI_1 {", "virtual_router_id 51", "vrrp_instance VI_2 {", "virtual_router_id 52"],
    ...["virtual_server 172.25.254.100 80 {", "lb_algo rr", "virtual_server 172.25.254.101 8080 {", "lb_algo wlc"],
  ]);
  const { config, passwords } = withoutPasswords(text);
  expect(passwords).toEqual(["1111", "2222"]);
  expect(withPasswords(config, passwords)).toBe(text);
});
