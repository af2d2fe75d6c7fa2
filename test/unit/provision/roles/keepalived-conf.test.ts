import { describe, expect, it } from "vitest";
import {
  type KeepalivedSettings,
  keepalivedConf,
  PASSWORD,
  withoutPassword,
  withPassword,
} from "../../../../provision/roles/keepalived-conf.ts";

const article: KeepalivedSettings = {
  state: "MASTER",
  priority: 100,
  interface: "eth0",
  virtualRouterId: 51,
  vrrpVersion: 2,
  advertInterval: 1,
  password: "1111",
  preempt: true,
  vip: "172.25.254.100",
  port: 80,
  scheduler: "rr",
  persistenceTimeout: 0,
  delayLoop: 6,
  connectTimeout: 3,
  delayBeforeRetry: 3,
  realServers: [
    { address: "172.25.254.12", weight: 1 },
    { address: "172.25.254.13", weight: 1 },
  ],
};

/** The lines in which two configurations differ, without their indentation. */
const changed = (settings: Partial<KeepalivedSettings>) => {
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const [before, after] = [lines(keepalivedConf(article)), lines(keepalivedConf({ ...article, ...settings }))];
  return { gone: before.filter((line) => !after.includes(line)), come: after.filter((line) => !before.includes(line)) };
};

it("is the article's configuration", () => {
  expect(keepalivedConf(article)).toMatchInlineSnapshot(`
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
  expect(changed({ vrrpVersion: 3, advertInterval: 0.1 })).toEqual({
    gone: ["advert_int 1", "authentication {", "auth_type PASS", "auth_pass 1111"],
    come: ["advert_int 0.1", "version 3"],
  });
});

it("has a persistence line only where there is persistence", () => {
  expect(keepalivedConf(article)).not.toContain("persistence_timeout");
  expect(changed({ persistenceTimeout: 50 })).toEqual({ gone: [], come: ["persistence_timeout 50"] });
});

describe.each([0, 1, 2, 5])("with %i real servers", (count) => {
  const realServers = Array.from({ length: count }, (_, index) => ({
    address: `172.25.254.${20 + index}`,
    weight: index,
  }));
  const text = keepalivedConf({ ...article, port: 8080, realServers });

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
  const text = keepalivedConf({ ...article, password: "geheim" });

  it("has a word in the place of the password, and comes back with it", () => {
    const shown = withoutPassword(text);
    expect(shown.password).toBe("geheim");
    expect(shown.config).toBe(keepalivedConf({ ...article, password: PASSWORD }));
    expect(shown.config).not.toContain("geheim");
    expect(withPassword(shown.config, "geheim")).toBe(text);
    expect(withPassword(shown.config, "$&$1")).toContain("auth_pass $&$1\n");
  });

  it("has none where VRRP has none", () => {
    const version3 = keepalivedConf({ ...article, vrrpVersion: 3 });
    expect(withoutPassword(version3)).toEqual({ config: version3, password: "" });
  });
});
