import { describe, expect, test } from "vitest";
import { toIp } from "../../../lab/index.ts";
import { readLines } from "../../../rehearse/conf/lines.ts";
import { readTree } from "../../../rehearse/conf/tree.ts";
import { isIn } from "../../../rehearse/directors/address-range.ts";
import { type VirtualServer, virtualServersOf } from "../../../rehearse/directors/virtual-server.ts";

/** The first virtual server of a configuration. */
function read(text: string): VirtualServer {
  const files = { read: () => text, matching: () => [], isExecutable: () => false };
  const { lines } = readLines("lb1.conf", { files, configId: "lb1" });
  const [service] = virtualServersOf(readTree(lines).statements);
  if (!service) throw new Error("no virtual server");
  return service;
}

describe("a virtual server", () => {
  test("without a word is UDP, wlc, NAT, checked every 60 s, with a quorum of 1", () => {
    expect(read("virtual_server 192.0.2.1 80 {\n}")).toMatchObject({
      ...{ protocol: "UDP", scheduler: "wlc", method: "NAT", delayLoop: 60, persistence: 0, quorum: 1, hysteresis: 0 },
      key: "192.0.2.1 80 UDP",
    });
  });

  test("is the same whatever stands behind the port", () => {
    for (const words of ["80", "80 TCP", "80 # pages"])
      expect(read(`virtual_server 192.0.2.1 ${words} {\n}`).key).toBe("192.0.2.1 80 UDP");
  });

  test("takes both names of scheduler and method, and ignores what keepalived does not know", () => {
    const service = read(
      "virtual_server 192.0.2.1 80 {\nlvs_sched rr\nlb_algo loadbalance\nlb_kind DR\nlvs_method tun\n}",
    );
    expect(service).toMatchObject({ scheduler: "rr", method: "DR" });
  });

  test.each([
    ["persistence_timeout", 360],
    ["persistence_timeout 50", 50],
    ["persistence_timeout 0", 0],
    ["persistence_granularity 255.255.255.0", 360],
    ["", 0],
  ])("`%s` keeps clients for %s s", (line, seconds) => {
    expect(read(`virtual_server 192.0.2.1 80 {\n${line}\n}`).persistence).toBe(seconds);
  });

  test("without a port is persistent", () => {
    expect(read("virtual_server 192.0.2.1 {\nprotocol TCP\n}").persistence).toBe(360);
  });

  test("by firewall mark takes all protocols", () => {
    const service = read("virtual_server fwmark 3 {\nprotocol TCP\n}");
    expect(service.protocol).toBeUndefined();
    expect(service.ranges).toEqual([]);
  });

  test("of a group serves the group's ranges, and is the same whatever the group is called", () => {
    const of = (name: string) =>
      read(`virtual_server_group ${name} {
        192.0.2.1-5 80
        192.0.2.16/30 80
        192.0.2.30-192.0.2.40 80
        2001:db8::a-f 80
      }
      virtual_server group ${name} {
        protocol TCP
      }`);
    const { ranges, key } = of("web");
    const served = (address: string) => ranges.some((range) => isIn(range, toIp(address)));
    expect(
      ["192.0.2.1", "192.0.2.5", "192.0.2.16", "192.0.2.19", "192.0.2.35", "2001:db8::b"].map(served),
    ).not.toContain(false);
    expect(
      ["192.0.2.0", "192.0.2.6", "192.0.2.20", "192.0.2.41", "2001:db8::10", "2001:db9::b"].map(served),
    ).not.toContain(true);
    expect(of("shop").key).toBe(key);
  });

  test("gives its real servers weight, method and times, unless they have their own", () => {
    const [first, second] = read(`virtual_server 192.0.2.1 80 {
      delay_loop 6
      connect_timeout 2
      retry 4
      delay_before_retry 0.5
      weight 7
      inhibit_on_failure
      lb_kind DR
      real_server 10.0.0.1 8080 {
        TCP_CHECK {
        }
      }
      real_server 10.0.0.2 8080 {
        weight 0
        lvs_method NAT
        inhibit_on_failure off
        connect_timeout 3
        TCP_CHECK {
          connect_port 81
          connect_timeout 4
          delay_loop 20
        }
      }
    }`).realServers;
    expect(first).toMatchObject({ weight: 7, method: "DR", inhibit: true, port: 8080, portInTable: 80 });
    expect(first?.checks[0]).toMatchObject({ timeout: 2, delayLoop: 6, retry: 4, delayBeforeRetry: 0.5, port: 8080 });
    expect(second).toMatchObject({ weight: 0, method: "NAT", inhibit: false, port: 8080, portInTable: 8080 });
    expect(second?.checks[0]).toMatchObject({ timeout: 4, delayLoop: 20, retry: 4, port: 81 });
  });

  test("knows what each kind of check does without a word", () => {
    const [real] = read(`track_file drain {
      file "/etc/drain"
    }
    virtual_server 192.0.2.1 80 {
      delay_loop 6
      real_server 10.0.0.1 80 {
        TCP_CHECK { }
        HTTP_GET {
          url {
            path /
          }
          nb_get_retry 2
        }
        DNS_CHECK { }
        MISC_CHECK {
          misc_path "/usr/local/bin/check"
        }
        PING_CHECK { }
        FILE_CHECK {
          track_file drain
        }
        FILE_CHECK { }
        HTTP_GET {
          connect_timeout 3
        }
        MISC_CHECK {
          misc_timeout 3
        }
      }
    }`).realServers;
    expect(
      real?.checks.map(({ kind, timeout, retry, delayBeforeRetry, port }) => [
        kind,
        timeout,
        retry,
        delayBeforeRetry,
        port,
      ]),
    ).toEqual([
      ["TCP_CHECK", 5, 1, 1, 80],
      ["HTTP_GET", 5, 2, 3, 80],
      ["DNS_CHECK", 5, 3, 6, 80],
      ["MISC_CHECK", 6, 0, 1, undefined],
      ["PING_CHECK", 5, 1, 1, undefined],
      ["FILE_CHECK", undefined, 0, 0, undefined],
    ]);
  });
});
