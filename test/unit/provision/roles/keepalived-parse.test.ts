import { describe, expect, it } from "vitest";
import {
  type RealServer,
  readLab,
  realServerFailures,
  removalTime,
  returnTime,
  serverNamed,
  vrrpPartsOf,
} from "../../../../lab/index.ts";
import { keepalivedConf } from "../../../../provision/roles/keepalived-conf.ts";
import { parseVirtualServers } from "../../../../provision/roles/keepalived-parse.ts";

/** The first check of the first real server. */
const firstCheck = (text: string) => parseVirtualServers(text)[0]?.realServers[0]?.checks[0];

describe("the lab's own file", () => {
  it("of ha says what the lab says", async () => {
    const lab = await readLab("labs/ha.yaml");
    const text = keepalivedConf({ instances: vrrpPartsOf(lab, serverNamed(lab, "server1")), services: lab.services });
    expect(parseVirtualServers(text)).toMatchObject([
      {
        key: "-t 172.25.254.100:80",
        realServers: lab.services[0]?.realServers.map(({ address }: RealServer) => ({
          address: `${address}:80`,
          weight: 1,
          inhibit: false,
          checks: [lab.services[0]?.healthCheck],
        })),
      },
    ]);
  });

  it("of every kind of check takes as long as the lab says", async () => {
    const lab = await readLab("docs/everything.yaml");
    const text = keepalivedConf({ instances: [], services: lab.services });
    const configured = parseVirtualServers(text);
    expect(configured.map(({ key }) => key)).toEqual([
      "-t 172.25.254.100:80",
      "-t 172.25.254.100:8080",
      "-f 7",
      "-u 172.25.254.100:53",
      "-t 172.25.254.100:8081",
    ]);
    for (const [index, { healthCheck }] of lab.services.entries())
      for (const { checks, inhibit } of configured[index]?.realServers ?? []) {
        const [check, ...more] = checks;
        if (!check || !healthCheck) throw new Error("a check is missing");
        expect(more).toEqual([]);
        expect(inhibit).toBe(healthCheck.inhibitOnFailure ?? false);
        for (const failure of realServerFailures) {
          expect(removalTime(check, failure)).toEqual(removalTime(healthCheck, failure));
          expect(returnTime(check, failure)).toEqual(returnTime(healthCheck, failure));
        }
      }
  });
});

describe("a file that was typed", () => {
  it("has keepalived's defaults where it says nothing", () => {
    const bare = "virtual_server 10.0.0.1 80 { protocol TCP\nreal_server 10.0.0.2 80 { TCP_CHECK { } } }";
    expect(firstCheck(bare)).toMatchObject({ type: "tcp", delayLoop: 60, connectTimeout: 5, delayBeforeRetry: 1 });
    expect(firstCheck(bare)).not.toHaveProperty("retry");
    expect(firstCheck(bare.replace("TCP_CHECK { }", "HTTP_GET {\nurl { path / }\n}"))).toMatchObject({
      type: "http",
      delayBeforeRetry: 3,
    });
  });

  it("may say it for the virtual server, for the real server or for the check: the nearest one counts", () => {
    const text = `
virtual_server 172.25.254.100 80 {
    delay_loop 10           ! a comment
    retry 5 # another
    delay_before_retry 7
    connect_timeout 9
    lvs_sched rr
    protocol tcp
    inhibit_on_failure
    real_server 172.25.254.12 80 {
        weight 3
        retry 2
        TCP_CHECK {
            delay_before_retry 1.5
        }
    }
    real_server 172.25.254.13 80
    {
        inhibit_on_failure no
        TCP_CHECK
        {
            retry 0
            connect_timeout 2
        }
        HTTP_GET {
            url {
              path /
              digest 01bc6b572ba171d4d3bd89abe9cb9a4c
            }
            nb_get_retry 4
        }
    }
    real_server 172.25.254.14 80 {
    }
}
`;
    expect(parseVirtualServers(text)).toMatchObject([
      {
        key: "-t 172.25.254.100:80",
        realServers: [
          {
            address: "172.25.254.12:80",
            weight: 3,
            inhibit: true,
            checks: [{ type: "tcp", delayLoop: 10, retry: 2, delayBeforeRetry: 1.5, connectTimeout: 9 }],
          },
          {
            address: "172.25.254.13:80",
            weight: 1,
            inhibit: false,
            checks: [
              { type: "tcp", retry: 0, connectTimeout: 2, delayBeforeRetry: 7 },
              { type: "http", digest: true, retry: 4 },
            ],
          },
          { address: "172.25.254.14:80", checks: [] },
        ],
      },
    ]);
  });

  it("with retry 3 in its TCP_CHECK waits as long as that takes", () => {
    const text =
      "virtual_server 10.0.0.1 80 {\ndelay_loop 6\nprotocol TCP\nreal_server 10.0.0.2 80 {\nTCP_CHECK {\nconnect_timeout 3\nretry 3\ndelay_before_retry 3\n}\n}\n}";
    const check = firstCheck(text);
    expect(check && removalTime(check, "refuses")).toEqual({ minimum: 9, maximum: 15 });
  });

  it("with a DNS_CHECK has its own defaults: three retries, each after the delay between checks", () => {
    const text =
      "virtual_server 10.0.0.1 53 {\ndelay_loop 6\nprotocol UDP\nreal_server 10.0.0.2 53 {\nDNS_CHECK {\n}\n}\n}";
    const check = firstCheck(text);
    expect(check).toMatchObject({ type: "dns", connectTimeout: 5, delayBeforeRetry: 6 });
    expect(check && removalTime(check, "refuses")).toEqual({ minimum: 18, maximum: 24 });
  });

  it("with an SMTP_CHECK of port 25 sees an MTA that stops", () => {
    const text =
      "virtual_server 10.0.0.1 80 {\ndelay_loop 6\nprotocol TCP\nreal_server 10.0.0.2 80 {\nSMTP_CHECK {\nconnect_port 25\n}\n}\n}";
    const check = firstCheck(text);
    expect(check && removalTime(check, "mta-refuses")).toEqual({ minimum: 1, maximum: 7 });
    expect(check && removalTime(check, "refuses")).toBeUndefined();
  });

  it("with a check that a lab does not have is taken for a slow one that sees everything", () => {
    const text =
      "virtual_server 10.0.0.1 25 {\ndelay_loop 6\nprotocol TCP\nreal_server 10.0.0.2 25 {\nSMTP_CHECK {\nconnect_timeout 3\nretry 3\ndelay_before_retry 3\n}\n}\n}";
    const check = firstCheck(text);
    expect(check && removalTime(check, "hangs")?.maximum).toBe(6 + 3 * (3 + 3) + 3);
  });

  it.each([
    ["nothing", ""],
    ["a block that is not closed", "virtual_server 10.0.0.1 80 {"],
    ["services by mark and by group", "virtual_server fwmark 1 {\n}\nvirtual_server group web {\n}"],
    ["no address", "virtual_server web 80 {\n}"],
    ["a brace too many", "}\n}"],
    ["words in a comment", "! virtual_server 10.0.0.1 80 {\n# }\n"],
  ])("with %s has no real servers", (_, text) => {
    expect(parseVirtualServers(text).flatMap(({ realServers }) => realServers)).toEqual([]);
  });

  it("may have braces and comment signs in quotes", () => {
    const text = `virtual_server 10.0.0.1 80 {
protocol TCP
quorum_up "/bin/echo } ! # x"
real_server 10.0.0.2 80 {
weight 2
}
}`;
    expect(parseVirtualServers(text)[0]?.realServers).toHaveLength(1);
  });
});
