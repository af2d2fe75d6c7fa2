import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Cidr, FileError, type Ip, toIp } from "../../../../lab/index.ts";
import { propertyPaths } from "../../../../lab/yaml/schema.ts";
import { readFolder } from "../../../../rehearse/folder.ts";
import { parsePlan, readPlan } from "../../../../rehearse/plan/file.ts";
import { inferPlan } from "../../../../rehearse/plan/infer.ts";
import { serverNameOf } from "../../../../rehearse/plan/names.ts";
import type { Plan } from "../../../../rehearse/plan/plan.ts";
import { planRules } from "../../../../rehearse/plan/rules.ts";
import { planSchema } from "../../../../rehearse/plan/schema.ts";
import { planText } from "../../../../rehearse/plan/write.ts";
import { edit, type FileCase, problemsIn, unmarked } from "../../lab/file-cases.ts";
import { aFolder, instance, pathOf, service, unicast } from "../a-folder.ts";

const plan = `os: debian-13
networks:
  - name: net1
    subnets: [192.0.2.0/24, "2001:db8::/64"]
  - name: inside
    subnets: [10.0.0.0/24]
directors:
  - name: lb1
    packages: [haproxy]
    files: {/etc/haproxy/haproxy.cfg: haproxy.cfg}
    services: [haproxy]
    sysctls: {net.ipv4.ip_forward: "1"}
    interfaces:
      - device: ens192
        network: net1
        addresses: [192.0.2.11]
      - device: ens224
        network: inside
        addresses: [10.0.0.11]
  - name: lb2
    interfaces:
      - device: ens192
        network: net1
        addresses: [192.0.2.12]
client:
  network: net1
  addresses: [192.0.2.250, "2001:db8::fa"]
services:
  - {address: 192.0.2.100, port: 80}
standIns:
  - name: real1
    network: inside
    addresses: [10.0.0.21]
    gateways: [10.0.0.1]
    pages: {/health: lb1/health.html}
`;

/** The folder has every file but those called `gone`. */
const parsed = (text: string, directors = ["lb1", "lb2"]) =>
  parsePlan(text, "rehearsal.yaml", { directors, marks: [1, 2], hasFile: (file) => !file.includes("gone") });

test("a plan is read, with canonical addresses and defaults", () => {
  const { os, networks, directors, client, services, standIns } = parsed(
    plan.replace("2001:db8::fa", "2001:DB8:0::FA").replace("2001:db8::/64", "2001:DB8:0:0::/64"),
  );
  expect(networks[0]?.subnets).toEqual(["192.0.2.0/24", "2001:db8::/64"]);
  expect(os).toBe("debian-13");
  expect(networks.map(({ name }) => name)).toEqual(["net1", "inside"]);
  expect(directors[0]).toMatchObject({
    files: { "/etc/haproxy/haproxy.cfg": "haproxy.cfg" },
    services: ["haproxy"],
  });
  expect(services).toEqual([{ address: "192.0.2.100", port: 80, tls: false }]);
  expect(standIns[0]?.pages).toEqual({ "/health": "lb1/health.html" });
  expect(directors[1]).toEqual({
    ...{ name: "lb2", packages: [], files: {}, services: [], sysctls: {} },
    interfaces: [{ device: "ens192", network: "net1", addresses: ["192.0.2.12"] }],
  });
  expect(client.addresses).toEqual(["192.0.2.250", "2001:db8::fa"]);
  expect(standIns[0]?.gateways).toEqual(["10.0.0.1"]);
  expect(parsed(plan.replace("os: debian-13\n", "")).os).toBe("debian-12");
});

const cases: readonly FileCase[] = [
  {
    why: "a guest system that there is not",
    from: "os: debian-13",
    to: "os: ‸debian-9",
    ...{ rule: "value", path: "os", expected: /debian-12/, found: "debian-9", remedy: /debian/ },
  },
  {
    why: "no networks",
    from: 'networks:\n  - name: net1\n    subnets: [192.0.2.0/24, "2001:db8::/64"]\n  - name: inside\n    subnets: [10.0.0.0/24]',
    to: "‸networks: []",
    ...{ rule: "value", path: "networks", expected: /^a list of networks$/, found: "a list" },
    remedy: /^run `npx lvs-lab rehearse init FOLDER`/,
  },
  {
    why: "a network's name with a capital letter",
    from: "- name: inside",
    to: "- name: ‸Inside",
    ...{ rule: "value", path: "networks[1].name", expected: /^a name: a lower-case letter/, found: "Inside" },
    remedy: /`net1`/,
  },
  {
    why: "no subnets",
    from: "subnets: [10.0.0.0/24]",
    to: "‸subnets: []",
    ...{ rule: "value", path: "networks[1].subnets", expected: /^a list of subnets$/, found: "a list" },
    remedy: /`subnets: \[192.0.2.0\/24\]`/,
  },
  {
    why: "a subnet with host bits",
    from: "subnets: [10.0.0.0/24]",
    to: "subnets: [‸10.0.0.1/24]",
    ...{ rule: "value", path: "networks[1].subnets[0]", expected: /host bits zero$/, found: "10.0.0.1/24" },
    remedy: /`192.0.2.0\/24`/,
  },
  {
    why: "a director whose name has a blank",
    from: "- name: lb2",
    to: "- name: ‸lb 2",
    ...{ rule: "value", path: "directors[1].name", expected: /without .conf: letters, digits, dots/, found: "lb 2" },
    remedy: /NAME.conf or NAME\/keepalived.conf/,
  },
  {
    why: "a package with a version",
    from: "packages: [haproxy]",
    to: "packages: [‸haproxy=2]",
    ...{ rule: "value", path: "directors[0].packages[0]", expected: /Debian package/, found: "haproxy=2" },
    remedy: /`haproxy`/,
  },
  {
    why: "packages that are no list",
    from: "packages: [haproxy]",
    to: "packages: ‸haproxy",
    ...{ rule: "value", path: "directors[0].packages", expected: /list of Debian packages/, found: "haproxy" },
    remedy: /or leave it out/,
  },
  ...[
    ["a relative path", "etc/haproxy/haproxy.cfg: haproxy.cfg"],
    ["a path with ..", "/etc/../haproxy.cfg: haproxy.cfg"],
    ["a directory", "/etc/haproxy/: haproxy.cfg"],
    ["a file outside of the folder", "/etc/haproxy/haproxy.cfg: ../haproxy.cfg"],
    ["an absolute file", "/etc/haproxy/haproxy.cfg: /etc/haproxy/haproxy.cfg"],
  ].map(([why, entry]) => ({
    why: `files with ${why}`,
    from: "files: {/etc/haproxy/haproxy.cfg: haproxy.cfg}",
    to: `‸files: {${entry}}`,
    ...{ rule: "value", path: "directors[0].files", expected: /^a map of files, absolute paths/, found: "a map" },
    remedy: /^write `files: \{\/etc\/haproxy\/haproxy.cfg: haproxy.cfg\}`/,
  })),
  {
    why: "a file that the folder does not have",
    from: "files: {/etc/haproxy/haproxy.cfg: haproxy.cfg}",
    to: "files: {/etc/haproxy/haproxy.cfg: ‸gone.cfg}",
    ...{ rule: "missing-file", path: "directors[0].files./etc/haproxy/haproxy.cfg", found: "gone.cfg" },
    ...{ expected: /^a file of the folder$/, remedy: /^put it into the folder/ },
  },
  {
    why: "a page that the folder does not have",
    from: "pages: {/health: lb1/health.html}",
    to: "pages: {/health: ‸gone.html}",
    ...{ rule: "missing-file", path: "standIns[0].pages./health", found: "gone.html" },
    ...{ expected: /^a file of the folder$/, remedy: /^put it into the folder/ },
  },
  ...["/etc/keepalived/keepalived.conf", "/etc/default/keepalived"].map((path) => ({
    why: `keepalived's own ${path}`,
    from: "files: {/etc/haproxy/haproxy.cfg: haproxy.cfg}",
    to: `files: {‸${path}: haproxy.cfg}`,
    ...{ rule: "keepalived-itself", path: `directors[0].files.${path}`, found: path },
    ...{ expected: /^a file of something else than keepalived/, remedy: /^remove it: / },
  })),
  {
    why: "keepalived as a service",
    from: "services: [haproxy]",
    to: "services: [‸keepalived]",
    ...{ rule: "keepalived-itself", path: "directors[0].services[0]", found: "keepalived" },
    ...{ expected: /^a service other than keepalived/, remedy: /^remove it$/ },
  },
  {
    why: "services that are no list",
    from: "services: [haproxy]",
    to: "services: ‸haproxy",
    ...{ rule: "value", path: "directors[0].services", expected: /^a list of services/, found: "haproxy" },
    remedy: /or leave it out$/,
  },
  {
    why: "a service with a blank",
    from: "services: [haproxy]",
    to: "services: [‸ha proxy]",
    ...{ rule: "value", path: "directors[0].services[0]", expected: /^the name of a unit/, found: "ha proxy" },
    remedy: /^write `haproxy`/,
  },
  {
    why: "what clients ask for that is no list",
    from: "services:\n  - {address: 192.0.2.100, port: 80}\n",
    to: "services: ‸http\n",
    ...{ rule: "value", path: "services", expected: /^a list of what clients ask for/, found: "http" },
    remedy: /or leave it out$/,
  },
  {
    why: "a service without an address",
    from: "{address: 192.0.2.100, port: 80}",
    to: "{address: ‸web, port: 80}",
    ...{ rule: "value", path: "services[0].address", expected: /^an IP address$/, found: "web", remedy: /./ },
  },
  {
    why: "a service's port that there is not",
    from: "{address: 192.0.2.100, port: 80}",
    to: "{address: 192.0.2.100, port: ‸0}",
    ...{ rule: "value", path: "services[0].port", expected: /^a TCP port/, found: "0", remedy: /`port: 80`/ },
  },
  {
    why: "a service whose TLS is a word",
    from: "{address: 192.0.2.100, port: 80}",
    to: "{address: 192.0.2.100, port: 80, tls: ‸always}",
    ...{ rule: "value", path: "services[0].tls", expected: /^true or false$/, found: "always" },
    remedy: /leave it out for plain HTTP$/,
  },
  {
    why: "a service on another network than the client's",
    from: "{address: 192.0.2.100, port: 80}",
    to: "{address: ‸10.0.0.100, port: 80}",
    ...{ rule: "service-elsewhere", path: "services[0].address", found: "10.0.0.100" },
    ...{ expected: /^an address of the client's network, 192.0.2.0\/24 or/, remedy: /or move the client$/ },
  },
  {
    why: "a service twice",
    from: "  - {address: 192.0.2.100, port: 80}\n",
    to: "  - {address: 192.0.2.100, port: 80}\n  - ‸{address: 192.0.2.100, port: 80, tls: true}\n",
    ...{ rule: "service-elsewhere", path: "services[1]", found: "192.0.2.100 80 again" },
    ...{ expected: /^each address and port once$/, remedy: /^remove one of the two$/ },
  },
  {
    why: "pages whose path is none",
    from: "pages: {/health: lb1/health.html}",
    to: "‸pages: {health: lb1/health.html}",
    ...{ rule: "value", path: "standIns[0].pages", expected: /^a map of pages/, found: "a map" },
    remedy: /or leave it out$/,
  },
  {
    why: "a kernel setting that is a number",
    from: 'sysctls: {net.ipv4.ip_forward: "1"}',
    to: "‸sysctls: {net.ipv4.ip_forward: 1}",
    ...{ rule: "value", path: "directors[0].sysctls", expected: /the values in quotes$/, found: "a map" },
    remedy: /or leave it out$/,
  },
  ...[
    { to: "users: ‸root", path: "directors[0].users", expected: /^a list of users$/, found: "root" },
    { to: "users: [‸a b]", path: "directors[0].users[0]", expected: /^the name of a user: /, found: "a b" },
  ].map((one) => ({
    ...{ why: `users that are none: ${one.to}`, from: 'sysctls: {net.ipv4.ip_forward: "1"}', rule: "value", ...one },
    remedy: /^write `/,
  })),
  {
    why: "interfaces that are no list",
    from: "interfaces:\n      - device: ens192\n        network: net1\n        addresses: [192.0.2.12]",
    to: "interfaces: ‸eth0",
    ...{ rule: "value", path: "directors[1].interfaces", expected: /^a list of interfaces$/, found: "eth0" },
    remedy: /^write `interfaces:`/,
  },
  ...["eth0:1", "a-name-of-16-char", "lo", "lvs-lab"].map((device) => ({
    why: `the device ${device}`,
    from: "device: ens224",
    to: `device: ‸${device}`,
    ...{ rule: "value", path: "directors[0].interfaces[1].device", expected: /^the name of an interface other than/ },
    ...{ found: device, remedy: /`device: eth0`/ },
  })),
  {
    why: "an address with a prefix length",
    from: "addresses: [192.0.2.12]",
    to: "addresses: [‸192.0.2.12/24]",
    ...{ rule: "value", path: "directors[1].interfaces[0].addresses[0]", expected: /^an IP address$/ },
    ...{ found: "192.0.2.12/24", remedy: /`192.0.2.11`/ },
  },
  {
    why: "addresses that are no list",
    from: "addresses: [192.0.2.12]",
    to: "addresses: ‸192.0.2.12",
    ...{ rule: "value", path: "directors[1].interfaces[0].addresses", expected: /^a list of IP addresses$/ },
    ...{ found: "192.0.2.12", remedy: /`addresses: \[192.0.2.11\]`/ },
  },
  {
    why: "no client",
    from: 'client:\n  network: net1\n  addresses: [192.0.2.250, "2001:db8::fa"]\n',
    to: "‸client:\n",
    ...{ rule: "missing", path: "client", expected: /^the network and addresses of the client$/, found: "nothing" },
    remedy: /`client: \{network/,
  },
  {
    why: "stand-ins that are no list",
    from: "standIns:\n  - name: real1\n    network: inside\n    addresses: [10.0.0.21]\n    gateways: [10.0.0.1]\n    pages: {/health: lb1/health.html}\n",
    to: "standIns: ‸real1\n",
    ...{ rule: "value", path: "standIns", expected: /only talked to$/, found: "real1", remedy: /or leave it out$/ },
  },
  {
    why: "budgets that are no map",
    from: "client:\n",
    to: "budgets: ‸5s\nclient:\n",
    ...{
      rule: "value",
      path: "budgets",
      expected: /^a map of what a run may cost/,
      found: "5s",
      remedy: /or leave it out$/,
    },
  },
  ...(["outage", "failback", "detection"] as const).map((budget) => ({
    why: `the budget ${budget} without a unit`,
    from: "client:\n",
    to: `budgets: { ${budget}: ‸5 }\nclient:\n`,
    ...{ rule: "value", path: `budgets.${budget}`, expected: /^the longest .*, from 0ms to 60m$/, found: "5" },
    remedy: /^write the unit, ms, s or m/,
  })),
  {
    why: "a budget of less than no request",
    from: "client:\n",
    to: "budgets: { lost: ‸-1 }\nclient:\n",
    ...{
      rule: "value",
      path: "budgets.lost",
      expected: /^how many requests may fail/,
      found: "-1",
      remedy: /`lost: 0`/,
    },
  },
  ...["eth0", "lo", "vnet7", "virbr0", "lvsbr1", "tunl0"].map((name) => ({
    why: `a stand-in with the name of the interface ${name}`,
    from: "name: real1",
    to: `name: ‸${name}`,
    ...{ rule: "value", path: "standIns[0].name", expected: /^a name: a lower-case letter/, found: name },
    remedy: new RegExp(`^choose another name: ${name} is that of an interface`),
  })),
  {
    why: "a stand-in's name of 16 characters",
    from: "name: real1",
    to: "name: ‸a-name-of-16-cha",
    ...{ rule: "value", path: "standIns[0].name", expected: /up to 14/, found: "a-name-of-16-cha", remedy: /`real1`/ },
  },
  {
    why: "a stand-in without an address",
    from: "addresses: [10.0.0.21]",
    to: "‸addresses: []",
    ...{ rule: "value", path: "standIns[0].addresses", expected: /at least one$/, found: "a list" },
    remedy: /`addresses: \[192.0.2.21\]`/,
  },
  {
    why: "a gateway that is no address",
    from: "gateways: [10.0.0.1]",
    to: "gateways: [‸router]",
    ...{ rule: "value", path: "standIns[0].gateways[0]", expected: /^an IP address$/, found: "router" },
    remedy: /`192.0.2.11`/,
  },
  {
    why: "a property that there is not",
    from: "  addresses: [192.0.2.250",
    to: "  ‸address: 192.0.2.250\n  addresses: [192.0.2.250",
    ...{ rule: "unknown-key", path: "client.address", expected: /./, found: "address", remedy: /addresses/ },
  },
  {
    why: "a network that there is not",
    from: "network: inside\n    addresses: [10.0.0.21]",
    to: "network: ‸outside\n    addresses: [10.0.0.21]",
    ...{ rule: "unknown-network", path: "standIns[0].network", expected: /^one of the networks net1, inside$/ },
    ...{ found: "outside", remedy: /^correct the name/ },
  },
  {
    why: "an address outside of its network",
    from: "addresses: [10.0.0.11]",
    to: "addresses: [‸10.0.1.11]",
    ...{ rule: "address-in-no-subnet", path: "directors[0].interfaces[1].addresses[0]" },
    ...{ expected: /^an address of the network inside, 10.0.0.0\/24$/, found: "10.0.1.11", remedy: /another network$/ },
  },
  {
    why: "an address that another host has",
    from: "addresses: [192.0.2.12]",
    to: "addresses: [‸192.0.2.11]",
    ...{ rule: "duplicate-address", path: "directors[1].interfaces[0].addresses[0]", found: "192.0.2.11" },
    ...{ expected: /no other host has$/, remedy: /^choose another one$/ },
  },
  {
    why: "an address that another host has, written otherwise",
    from: '"2001:db8::fa"]',
    to: '"2001:db8::fa", ‸"2001:DB8:0::00fa"]',
    ...{ rule: "duplicate-address", path: "client.addresses[2]", found: '"2001:DB8:0::00fa"' },
    ...{ expected: /no other host has$/, remedy: /^choose another one$/ },
  },
  {
    why: "a director that the folder does not have",
    from: "- name: lb2",
    to: "- name: lb2\n    interfaces: [{device: eth0, network: net1, addresses: [192.0.2.13]}]\n  - name: ‸lb3",
    ...{ rule: "other-directors", path: "directors[2].name", expected: /^one of the folder's directors, lb1, lb2$/ },
    ...{ found: "lb3", remedy: /put lb3.conf into the folder$/ },
  },
  {
    why: "a director that is missing",
    from: 'directors:\n  - name: lb1\n    packages: [haproxy]\n    files: {/etc/haproxy/haproxy.cfg: haproxy.cfg}\n    services: [haproxy]\n    sysctls: {net.ipv4.ip_forward: "1"}\n    interfaces:\n      - device: ens192\n        network: net1\n        addresses: [192.0.2.11]\n      - device: ens224\n        network: inside\n        addresses: [10.0.0.11]\n',
    to: "‸directors:\n",
    ...{ rule: "other-directors", path: "directors", expected: /^all directors of the folder: lb1, lb2$/ },
    ...{ found: "none for lb1", remedy: /^add it, or run `npx lvs-lab rehearse init --force FOLDER`$/ },
  },
  {
    why: "a name twice",
    from: "name: real1",
    to: "name: ‸inside",
    ...{ rule: "duplicate-name", path: "standIns[0].name", expected: /^a name that nothing else has$/ },
    ...{ found: "inside", remedy: /^choose another one$/ },
  },
  {
    why: "a name that means something else",
    from: "name: real1",
    to: "name: ‸client",
    ...{ rule: "duplicate-name", path: "standIns[0].name", found: "client", remedy: /^choose another one$/ },
    expected: /^a name other than localhost, client, segment, management$/,
  },
  {
    why: "subnets of two networks of which one lies in the other",
    from: "subnets: [10.0.0.0/24]",
    to: "subnets: [10.0.0.0/24, ‸192.0.2.128/25]",
    ...{ rule: "overlapping-subnets", path: "networks[1].subnets[1]", found: "192.0.2.128/25" },
    ...{ expected: /shares no address with another network's$/, remedy: /make the two networks one$/ },
  },
  ...["198.18.0.0/24", "198.18.0.0/15", "198.18.0.128/25"].map((subnet) => ({
    why: `the management network, ${subnet}`,
    from: "subnets: [10.0.0.0/24]",
    to: `subnets: [10.0.0.0/24, ‸${subnet}]`,
    ...{ rule: "overlapping-subnets", path: "networks[1].subnets[1]", found: subnet },
    ...{ expected: /^a subnet outside of 198.18.0.0\/24, by which/, remedy: /^choose another one; / },
  })),
  {
    why: "a client without IPv4",
    from: 'addresses: [192.0.2.250, "2001:db8::fa"]',
    to: '‸addresses: ["2001:db8::fa"]',
    ...{ rule: "client-without-ipv4", path: "client.addresses", expected: /^an IPv4 address among them$/ },
    ...{ found: "a list", remedy: /^add one; / },
  },
  {
    why: "a firewall mark of no virtual server",
    from: "port: 80}",
    to: "port: 80, firewallMark: ‸7}",
    ...{ rule: "firewall-mark", path: "services[0].firewallMark", found: "7" },
    ...{ expected: /^the mark of a virtual server, 1 or 2$/, remedy: /^correct it, or remove it$/ },
  },
  {
    why: "a firewall mark on an IPv6 address",
    from: "  - {address: 192.0.2.100, port: 80}",
    to: '  - {address: "2001:db8::64", port: 80, firewallMark: ‸1}',
    ...{ rule: "firewall-mark", path: "services[0].firewallMark", found: "1" },
    ...{ expected: /^none on an IPv6 address, so far/, remedy: /^remove the service/ },
  },
  {
    why: "a firewall mark of two addresses",
    from: "  - {address: 192.0.2.100, port: 80}",
    to: "  - {address: 192.0.2.100, port: 80, firewallMark: 1}\n  - {address: 192.0.2.101, port: 80, firewallMark: ‸1}",
    ...{ rule: "firewall-mark", path: "services[1].firewallMark", found: "1 again, for 192.0.2.101" },
    ...{ expected: /^one address for each mark, so far$/, remedy: /^remove one of the two services$/ },
  },
  {
    why: "a firewall mark that is none",
    from: "port: 80}",
    to: "port: 80, firewallMark: ‸0}",
    ...{ rule: "value", path: "services[0].firewallMark", found: "0" },
    ...{ expected: /^a firewall mark/, remedy: /`firewallMark: 1`/ },
  },
  {
    why: "a device twice",
    from: "device: ens224",
    to: "device: ‸ens192",
    ...{ rule: "duplicate-device", path: "directors[0].interfaces[1].device", found: "ens192" },
    ...{ expected: /that the director has once$/, remedy: /^choose another name, / },
  },
  {
    why: "a gateway on another network",
    from: "gateways: [10.0.0.1]",
    to: "gateways: [‸192.0.2.1]",
    ...{ rule: "gateway-elsewhere", path: "standIns[0].gateways[0]", found: "192.0.2.1" },
    ...{ expected: /^an address of the network inside, 10.0.0.0\/24$/, remedy: /a director has there$/ },
  },
  {
    why: "two gateways",
    from: "gateways: [10.0.0.1]",
    to: "gateways: [10.0.0.1, ‸10.0.0.2]",
    ...{ rule: "gateway-elsewhere", path: "standIns[0].gateways[1]", found: "10.0.0.2" },
    ...{ expected: /^one default route of each family$/, remedy: /^keep one$/ },
  },
];

describe("a plan with one mistake names its place and its fix", () => {
  it.each(cases)("$why", ({ from, to, rule, path, expected, found, remedy }) => {
    const { text, line, column } = unmarked(edit(plan, from, to));
    const problems = problemsIn(() => parsed(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ rule, line, column, path, found });
    expect(problems[0]?.expected).toMatch(expected);
    expect(problems[0]?.remedy).toMatch(remedy);
  });

  it("two directors whose servers would have one name", () => {
    const text = plan.replace("name: lb1", "name: LB_1").replace("name: lb2", "name: lb.1");
    expect(problemsIn(() => parsed(text, ["LB_1", "lb.1"]))).toEqual([
      expect.objectContaining({
        ...{ rule: "duplicate-name", path: "directors[1].name", found: "lb.1" },
        expected: "a director whose server can have a name of its own; it would be lb-1",
        remedy: "name the director's file otherwise",
        other: { line: 8, column: 11 },
      }),
    ]);
  });

  it("what is wrong in several places is told at once, also beside what is invalid in shape", () => {
    const text = plan
      .replace("10.0.0.0/24", "10.0.0.1/24")
      .replace("addresses: [192.0.2.12]", "addresses: [192.0.2.11]")
      .replace("ens224", "ens 224");
    expect(problemsIn(() => parsed(text)).map(({ path }) => path)).toEqual([
      ...["networks[1].subnets[0]", "directors[0].interfaces[1].device", "directors[1].interfaces[0].addresses[0]"],
    ]);
  });

  it("no plan at all", async () => {
    const path = pathOf({ "lb1.conf": "vrrp_instance one {\n}\n" });
    const reading = readPlan(readFolder(path));
    await expect(reading).rejects.toThrow(FileError);
    await expect(reading).rejects.toThrow(`Fix: run \`npx lvs-lab rehearse init ${path}\`, which writes it`);
  });
});

test("budgets are times in milliseconds, and what is not there has no limit", () => {
  const budgets = "budgets: { outage: 5s, detection: 1500ms, lost: 0 }\n";
  expect(parsed(budgets + plan).budgets).toEqual({
    outageMs: 5000,
    detectionMs: 1500,
    lost: 0,
  });
  expect(parsed(plan)).not.toHaveProperty("budgets");
});

describe("every rule can fail", () => {
  it.each(Object.keys(planRules))("%s", (name) => {
    expect(cases.map(({ rule }) => rule)).toContain(name);
  });

  it.each(propertyPaths(planSchema).filter((path) => !path.endsWith(".network")))("the value of %s", (path) => {
    const failing = cases.map((each) => each.path.replace(/\[\d+\](?=\.|$)/g, "[]"));
    expect(failing.some((one) => one === path || one.startsWith(`${path}[]`) || one.startsWith(`${path}.`))).toBe(true);
  });
});

describe("a server's name", () => {
  test.each([
    ["lb1", "lb1"],
    ["LB1", "lb1"],
    ["lb1.example.com", "lb1-example-com"],
    ["lb_1", "lb-1"],
    ["_lb--1-", "lb-lb-1"],
    ["10.0.0.1", "lb-10-0-0-1"],
    ["1", "lb-1"],
    ["_", "lb"],
    [`l${"b".repeat(80)}`, `l${"b".repeat(62)}`],
    [`l${"b".repeat(61)}-c`, `l${"b".repeat(61)}`],
  ])("of %s is %s", (director, server) => {
    expect(serverNameOf(director)).toBe(server);
  });

  test("is a host name, whatever the director's is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w.-]{1,80}$/), (director) => {
        expect(serverNameOf(director)).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(serverNameOf(serverNameOf(director))).toBe(serverNameOf(director));
      }),
    );
  });
});

const settings = (some: boolean, value: string): Record<string, string> =>
  some ? { "net.ipv4.ip_forward": "1", "net.ipv4.vs.x": value } : {};

const files = (some: boolean): Record<string, string> =>
  some ? { "/etc/haproxy/haproxy.cfg": "a/haproxy.cfg", "/opt/b#c,d": "*x" } : {};

const pages = (some: boolean): Record<string, string> => (some ? { "/": "index.html", "/a,b{c}": "a: b.html" } : {});

/** Plans at random: networks of one or two subnets, hosts with addresses in them. */
const plans: fc.Arbitrary<Plan> = fc
  .record({
    os: fc.constantFrom("debian-12" as const, "debian-13" as const),
    networks: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
    directors: fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9._][\w.-]{0,20}$/), {
      ...{ minLength: 1, maxLength: 3 },
      selector: serverNameOf,
    }),
    devices: fc.uniqueArray(
      fc
        .stringMatching(/^[a-zA-Z@#"'&*!%{}[\]?|>.,~+-][\w@#"'&*!%{}[\]?|>.,~+-]{0,10}$/)
        .filter((one) => one !== "lo" && !/^\.+$/.test(one)),
      { minLength: 4, maxLength: 4 },
    ),
    yes: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    setting: fc.stringMatching(/^[\w.-]{1,9}( [\w.-]{1,9})?$/),
  })
  .filter(({ directors }) =>
    directors.every(
      (one) =>
        !["localhost", "client", "segment", "management"].includes(serverNameOf(one)) &&
        !/^(net|real)\d$/.test(serverNameOf(one)),
    ),
  )
  .map(({ os, networks, directors, devices, yes, setting }) => {
    const made = networks.map((both, index) => ({
      name: `net${index + 1}`,
      subnets: [`10.${index}.0.0/16`, ...(both ? [`2001:db8:${index + 1}::/64`] : [])].map((one) => one as Cidr),
    }));
    const on = (index: number, host: number): Ip[] =>
      (made[index]?.subnets ?? []).map((subnet) =>
        toIp(subnet.includes(":") ? subnet.replace("::/64", `::${host.toString(16)}`) : `10.${index}.0.${host}`),
      );
    return {
      os,
      networks: made,
      directors: directors.map((name, place) => ({
        name,
        packages: yes[place] ? ["haproxy", "libc6"] : [],
        files: files(yes[place] === true),
        services: yes[place + 1] ? ["haproxy", "a@b:c.service"] : [],
        ...(yes[place + 2] ? { users: place > 0 ? [] : ["keepalived_script", "null"] } : {}),
        sysctls: settings(yes[place + 3] === true, setting),
        interfaces: made.map((network, index) => ({
          device: devices[index] as string,
          network: network.name,
          addresses: on(index, 11 + place),
        })),
      })),
      client: { network: "net1", addresses: on(0, 250) },
      services: yes[6] ? on(0, 100).map((address, index) => ({ address, port: 80, tls: index > 0 })) : [],
      standIns: yes[7]
        ? [
            { name: "real1", network: "net1", addresses: on(0, 21), gateways: [], pages: pages(false) },
            {
              ...{ name: "real2", network: "net1", addresses: on(0, 22), gateways: on(0, 1) },
              pages: pages(yes[5] === true),
            },
          ]
        : [],
    };
  });

describe("what init writes is read back as it was", () => {
  test("plans at random", () => {
    const assumed = new Map([
      ["net1", ["a: b", "c # d"]],
      ["client", ["e"]],
    ]);
    const missing = new Map([["real1", ['f { "/g": FILE }']]]);
    fc.assert(
      fc.property(plans, (one) => {
        const names = one.directors.map(({ name }) => name);
        expect(parsed(planText({ plan: one, assumed, missing }), names)).toEqual(one);
      }),
    );
  });

  test.each(["null", "True", "y", "on", "NaN", "1e3", "0x1", "-"])("the device %s", (device) => {
    const one = parsed(plan);
    const [lb1, lb2] = one.directors;
    if (!lb1 || !lb2) throw new Error("the plan has two directors");
    const named = { ...one, directors: [lb1, { ...lb2, interfaces: [{ ...lb2.interfaces[0], device }] }] } as Plan;
    expect(parsed(planText({ plan: named, assumed: new Map(), missing: new Map() }))).toEqual(named);
  });

  test.each<[string, Record<string, string>]>([
    [
      "DR",
      {
        "lb1.conf": instance(["192.0.2.100/24"]) + service("192.0.2.100 80", ["192.0.2.21 80"]),
        "lb2.conf": instance(["192.0.2.100/24"]) + service("192.0.2.100 80", ["192.0.2.21 80"]),
      },
    ],
    [
      "NAT over IPv6, with names of FQDNs and VLANs",
      {
        "LB1.example.com.conf":
          instance(["2001:db8::100/64"], { device: "bond0.100", further: unicast("2001:db8::1", "2001:db8::2") }) +
          instance(["2001:db8:1::1/64"], { name: "VI_2", id: 52, device: "bond0.200" }) +
          service("2001:db8::100 80", ["2001:db8:1::21 80"], { method: "NAT" }),
      },
    ],
    ["VRRP alone, without anything known", { "null.conf": instance([]) }],
    [
      "a digest that no page has, and a proxy that nothing tracks",
      {
        "lb1.conf":
          instance(["192.0.2.100/24"]) +
          service("192.0.2.100 80", [
            "192.0.2.21 80 {\nHTTP_GET {\nurl {\npath /\ndigest 00000000000000000000000000000000\n}\n}\n}",
          ]),
        "haproxy.cfg": "listen a\nbind *:81\nserver a 192.0.2.31:80\n",
      },
    ],
  ])("%s", (_, files) => {
    const { folder, directors } = aFolder(files);
    const inferred = inferPlan(folder, directors);
    const text = planText(inferred);
    expect(
      parsed(
        text,
        directors.map(({ name }) => name),
      ),
    ).toEqual(inferred.plan);
    for (const sentence of [...inferred.assumed.values()].flat()) expect(text).toContain(`# Assumed: ${sentence}.\n`);
    for (const sentence of [...inferred.missing.values()].flat()) expect(text).toContain(`# Missing: ${sentence}.\n`);
  });
});
