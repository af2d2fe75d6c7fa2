import { setTimeout as delay } from "node:timers/promises";
import type { TestStack } from "../e2e/stack.ts";

/** What a rule's two folders do on virtual machines, which have IPVS. */
export interface MachineEffect {
  /** The last bytes of the stand-ins' addresses, 10.0.0.N; by default 11 to 13. Other real servers are not there. */
  readonly standIns?: readonly string[];
  /** Another rehearsal.yaml than that of the others. */
  readonly plan?: string;
  /** The folder with which `rehearse up` fails, since keepalived does not go on to run. */
  readonly upFails?: "found";
  /** What is done once the files run, before `seconds`. */
  readonly act?: (stack: TestStack) => Promise<unknown>;
  /** When the health checks have decided. */
  readonly seconds: number;
  readonly look: (stack: TestStack) => Promise<unknown>;
  /** What ends what `act` has done. */
  readonly undo?: (stack: TestStack) => Promise<unknown>;
  /** What is seen in `found`, and in `fine`. */
  readonly found: unknown;
  readonly fine: unknown;
}

/** The real servers of a virtual server in a director's table, each with its weight: `10.0.0.11:80 1`. */
async function servers(stack: TestStack, director: string, service: string): Promise<string[]> {
  const [, ...services] = (await stack.on(director, "ipvsadm -Ln")).split(/^(?=TCP |UDP |FWM )/m);
  const table = services.find((text) => text.replace(/ +/, " ").startsWith(`${service} `)) ?? "";
  return [...table.matchAll(/^ {2}-> (\S+) +\w+ +(\d+) /gm)]
    .map(([, address, weight]) => `${address} ${weight}`)
    .sort();
}

const has =
  (director: string, service: string, address: string) =>
  async (stack: TestStack): Promise<boolean> =>
    (await servers(stack, director, service)).some((line) => line.startsWith(`${address} `));

const WEB = "TCP 10.0.0.100:80";

/** The services in a director's table. */
const services = async (stack: TestStack, director: string): Promise<string[]> =>
  (await stack.on(director, "ipvsadm -Ln | sed -n 's/^TCP *\\([^ ]*\\) .*/\\1/p'")).split("\n").filter(Boolean);

/** The services in the table of lb1 that have a flag, such as `ops`. */
async function marked(stack: TestStack, flag: string): Promise<string[]> {
  const table = await stack.on("lb1", "ipvsadm -Ln");
  const heads = table.split("\n").filter((line) => /^(TCP|UDP|FWM) /.test(line) && line.includes(` ${flag}`));
  return heads.map((line) => line.split(/ +/)[1] ?? "").sort();
}

/** What the client sees of a page, if it comes in 20 s. */
async function page(stack: TestStack, url: string): Promise<string> {
  const curl = ["curl", "-s", "-m", "3", "--retry", "5", "--retry-all-errors", "--retry-delay", "1", url];
  return (await stack.lvs("client", "--", ...curl)).stdout.trim();
}

/** A rehearsal.yaml: two directors on two networks /24, of which these are the first three bytes, the client on the first. `standIns`: a line each. */
export const twoNetworks = (first: string, second: string, standIns: readonly string[]): string => `networks:
  - { name: net1, subnets: [${first}.0/24] }
  - { name: net2, subnets: [${second}.0/24] }
directors:
${["lb1", "lb2"]
  .map(
    (name, index) => `  - name: ${name}
    sysctls: { net.ipv4.ip_forward: "1" }
    interfaces:
      - { device: eth0, network: net1, addresses: [${first}.${index + 5}] }
      - { device: eth1, network: net2, addresses: [${second}.${index + 5}] }
`,
  )
  .join("")}client: { network: net1, addresses: [${first}.250] }
standIns:
${standIns.map((line) => `  - ${line}\n`).join("")}`;

/** Behind NAT on a network of their own, whose gateway the directors share. */
const GATEWAYS = twoNetworks("192.0.2", "198.51.100", [
  "{ name: real11, network: net2, addresses: [198.51.100.11], gateways: [198.51.100.1] }",
]);

/** Services of IPv6; the client needs IPv4 for itself. */
const IPV6 = `networks:
  - { name: net1, subnets: ["2001:db8::/64", 10.0.0.0/24] }
directors:
  - { name: lb1, interfaces: [{ device: eth0, network: net1, addresses: ["2001:db8::5"] }] }
  - { name: lb2, interfaces: [{ device: eth0, network: net1, addresses: ["2001:db8::6"] }] }
client: { network: net1, addresses: ["2001:db8::250", 10.0.0.250] }
standIns:
  - { name: real11, network: net1, addresses: ["2001:db8::11"] }
  - { name: real12, network: net1, addresses: ["2001:db8::12"] }
`;

/** The effects, by rule. */
export const machineEffects: Readonly<Record<string, MachineEffect>> = {
  // 10.0.0.13 is not there, and nothing notices.
  "no-health-check": { standIns: ["11"], seconds: 15, look: has("lb1", WEB, "10.0.0.13:80"), found: true, fine: false },
  // Nor on the master, where the address of a group has come.
  "ha-suspend-in-group": {
    ...{ standIns: ["11"], seconds: 25, look: has("lb1", WEB, "10.0.0.12:80") },
    ...{ found: true, fine: false },
  },
  // Nobody looks whether 10.0.0.13 is to be left alone, as a file says; nor whether it is there.
  "health-check-left-out": {
    ...{ standIns: ["11"], seconds: 10, look: has("lb1", WEB, "10.0.0.13:80") },
    ...{ found: true, fine: false },
  },
  // All answer, the first two never with so many bytes, and the third is taken with any.
  "udp-reply-length": {
    seconds: 12,
    look: (stack) => servers(stack, "lb1", "UDP 10.0.0.100:53"),
    found: ["10.0.0.13:53 1"],
    fine: ["10.0.0.11:53 1", "10.0.0.12:53 1", "10.0.0.13:53 1"],
  },
  "lvs-timeouts": {
    seconds: 3,
    look: async (stack) => (await stack.on("lb1", "ipvsadm -L --timeout | grep -o '[0-9].*'")).trim(),
    found: "900 120 300",
    fine: "1800 60 300",
  },
  "ipvlan-without-address": {
    seconds: 8,
    look: async (stack) => (await stack.on("lb1", "ip -brief address show")).includes(" 10.0.0.100/24"),
    found: false,
    fine: true,
  },
  // It answers, but not on port 0.
  "check-without-port": { seconds: 12, look: has("lb1", WEB, "10.0.0.11:80"), found: false, fine: true },
  // The real servers of the second are in the first.
  "virtual-server-twice": {
    seconds: 5,
    look: (stack) => servers(stack, "lb1", WEB),
    found: ["10.0.0.11:80 1", "10.0.0.12:80 1", "10.0.0.13:80 1"],
    fine: ["10.0.0.11:80 1", "10.0.0.12:80 1"],
  },
  // After a failover nobody goes there.
  "real-servers-differ": { seconds: 12, look: has("lb2", WEB, "10.0.0.12:80"), found: false, fine: true },
  "virtual-server-differs": {
    seconds: 5,
    look: async (stack) =>
      (await stack.on("lb1", "ipvsadm -Ln | grep ^TCP")) === (await stack.on("lb2", "ipvsadm -Ln | grep ^TCP")),
    found: false,
    fine: true,
  },
  "no-real-server": {
    seconds: 5,
    look: (stack) => services(stack, "lb1"),
    found: ["10.0.0.100:82"],
    fine: ["10.0.0.100:80", "10.0.0.100:82"],
  },
  "persistence-unasked": {
    seconds: 5,
    look: async (stack) => await marked(stack, "persistent 360"),
    found: ["10.0.0.100:0", "10.0.0.101:0", "10.0.0.102:80", "10.0.0.103:0"],
    fine: [],
  },
  "persistence-netmask": {
    seconds: 5,
    look: async (stack) => await marked(stack, "persistent 360 mask 0.0.0"),
    found: ["10.0.0.100:80", "10.0.0.101:80"],
    fine: [],
  },
  "virtual-server-option-ignored": {
    seconds: 5,
    look: async (stack) => [await marked(stack, "ops"), await marked(stack, "sh (sh-port)")],
    found: [[], []],
    fine: [["10.0.0.100:80", "3"], ["10.0.0.103:80"]],
  },
  // keepalived takes the virtual server's port instead: nobody asks 8080.
  "port-not-changed": {
    seconds: 5,
    look: (stack) => servers(stack, "lb1", WEB),
    found: ["10.0.0.11:80 1", "10.0.0.12:80 1"],
    fine: ["10.0.0.11:8080 1"],
  },
  // No real server is there, and one of them is never found out.
  "sorry-server-never-used": {
    standIns: ["99"],
    seconds: 15,
    look: has("lb1", WEB, "10.0.0.99:80"),
    found: false,
    fine: true,
  },
  // IPVS schedules no connection to a weight of 0.
  "no-weight": {
    seconds: 5,
    look: async (stack) => (await servers(stack, "lb1", WEB)).filter((line) => !line.endsWith(" 0")),
    found: [],
    fine: ["10.0.0.12:80 1"],
  },
  // 10.0.0.11 is CRITICAL, and stays.
  "misc-dynamic-with-plugin": {
    act: (stack) =>
      stack.on(
        "lb1",
        "mkdir -p /usr/lib/nagios/plugins; cd /usr/lib/nagios/plugins; printf '#!/bin/sh\\nexit 2\\n' >check_http; chmod +x check_http; systemctl restart keepalived",
      ),
    seconds: 15,
    look: async (stack) => (await servers(stack, "lb1", WEB)).filter((line) => line.startsWith("10.0.0.11:")),
    found: ["10.0.0.11:80 0"],
    fine: [],
  },
  "virtual-server-missing": {
    seconds: 5,
    look: async (stack) => {
      const others = await services(stack, "lb2");
      return (await services(stack, "lb1")).filter((one) => !others.includes(one));
    },
    found: ["10.0.0.100:443"],
    fine: [],
  },
  // One client, four connections: it sees one real server, or all.
  "persistence-with-round-robin": {
    seconds: 8,
    look: async (stack) => {
      const ask = "for n in 1 2 3 4; do curl -s -m 1 -o /dev/null http://10.0.0.100/; done";
      const seen = await stack.on(
        "lb1",
        `ip address add 10.0.0.100/32 dev lo; ${ask}; ipvsadm -Lnc; ip address delete 10.0.0.100/32 dev lo`,
      );
      return new Set([...seen.matchAll(/^TCP .* 10\.0\.0\.100:80 +(\S+)$/gm)].map(([, server]) => server)).size;
    },
    found: 1,
    fine: 2,
  },
  // The one that has the client goes off, and is found out.
  "inhibit-with-persistence": {
    act: async (stack) => {
      await delay(8000);
      await stack.lvs("fault inject", "link-down", await page(stack, "http://10.0.0.100/"));
    },
    seconds: 25,
    look: async (stack) => (await page(stack, "http://10.0.0.100/")) !== "",
    undo: (stack) => stack.lvs("heal"),
    found: false,
    fine: true,
  },
  "quorum-out-of-reach": {
    act: (stack) => stack.on("lb1", "date +%s >/run/began; systemctl restart keepalived"),
    seconds: 12,
    look: async (stack) =>
      (await stack.on("lb1", 'journalctl -u keepalived --since "@$(cat /run/began)"')).match(
        /Gained quorum .* VS \[10\.0\.0\.100\]/,
      ) !== null,
    found: false,
    fine: true,
  },
  // Nobody answers for it.
  "virtual-server-address-not-held": {
    seconds: 8,
    look: async (stack) =>
      (await stack.lvs("client", "--", "arping", "-c", "2", "-w", "3", "-I", "eth0", "10.0.0.110")).status === 0,
    found: false,
    fine: true,
  },
  // The kernel drops what comes with another ID.
  "sync-daemon": {
    seconds: 8,
    look: async (stack) => {
      const ids = await Promise.all(
        ["lb1", "lb2"].map((name) => stack.on(name, "ipvsadm -L --daemon | grep -o 'syncid=[0-9]*' | sort -u")),
      );
      return new Set(ids).size;
    },
    found: 2,
    fine: 1,
  },
  "script-stops-keepalived": {
    seconds: 12,
    upFails: "found",
    look: async (stack) => (await stack.on("lb1", "systemctl is-active keepalived || true")).trim(),
    found: "inactive",
    fine: "active",
  },
  // The real servers answer themselves.
  "checks-from-virtual-address": {
    plan: IPV6,
    seconds: 25,
    look: (stack) => servers(stack, "lb1", "TCP [2001:db8::100]:80"),
    found: [],
    fine: ["[2001:db8::11]:80 1", "[2001:db8::12]:80 1"],
  },
  // The cable to the clients is pulled: the virtual address moves, and the answers still go to the gateway's old holder.
  "gateway-moves-alone": {
    plan: GATEWAYS,
    act: async (stack) => {
      await page(stack, "http://192.0.2.100/");
      await delay(4000);
      await stack.lvs("fault inject", "link-down", "lb1", "--set", "network=net1");
    },
    seconds: 8,
    look: (stack) => page(stack, "http://192.0.2.100/"),
    undo: (stack) => stack.lvs("heal"),
    found: "",
    fine: "real11",
  },
};
