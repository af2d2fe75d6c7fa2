import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  addressOn,
  byPriority,
  type Cidr,
  clientAddress,
  defaultRouteOf,
  directors,
  electedOf,
  FileError,
  forwardsPackets,
  goesInTurn,
  holderOf,
  type Ip,
  instanceOfVip,
  instancesOf,
  instancesOnNetwork,
  interfaceOn,
  type Lab,
  networkNamed,
  networkOfVip,
  ownVipsOf,
  parseLab,
  poolOf,
  priorityIn,
  readLab,
  realServers,
  type Scheduler,
  schedulers,
  serverNamed,
  serverWithMac,
  servicesOf,
  sharesAreEven,
  subnetFor,
  toIp,
  vipsOf,
  withPrefix,
} from "../../../lab/index.ts";

/** A model with plain texts for its addresses and subnets. */
type Plain<T> = T extends Ip | Cidr
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

const machine = (number: number) => ({
  name: `server${number}`,
  os: "debian-12" as const,
  memory: 512,
  interfaces: [
    {
      network: "segment",
      device: "eth0",
      addresses: [`172.25.254.1${number}`],
      mac: `52:54:00:FE:FE:0${(10 + number).toString(16).toUpperCase()}`,
    },
  ],
  management: `172.25.254.1${number}`,
});
const director = (number: number) => ({ ...machine(number), role: "director" as const });
const realServer = (number: number) => ({
  ...machine(number),
  role: "real-server" as const,
  arpCure: "arptables" as const,
});

const service = {
  name: "172.25.254.100:80",
  protocol: "tcp",
  vip: "172.25.254.100",
  port: 80,
  forwarding: "dr",
  scheduler: "rr",
  realServers: [2, 3].map((number) => ({
    server: `server${number}`,
    address: `172.25.254.1${number}`,
    port: 80,
    weight: 1,
    page: `server${number}\n`,
  })),
} as const;

const textbook = {
  version: 2,
  setup: "automatic",
  image: { packages: "plain" },
  networks: [{ name: "segment", subnets: ["172.25.254.0/24"], hostAddresses: ["172.25.254.1"] }],
  client: {
    name: "client",
    interfaces: [{ network: "segment", device: "eth0", addresses: ["172.25.254.250"] }],
  },
  virtualAddresses: [{ address: "172.25.254.100", network: "segment" }],
} as const;

const dr: Plain<Lab> = {
  ...textbook,
  name: "dr",
  control: "ipvsadm",
  services: [service],
  vrrp: [],
  servers: [director(1), realServer(2), realServer(3)],
};

const ha: Plain<Lab> = {
  ...textbook,
  name: "ha",
  control: "keepalived",
  services: [{ ...service, healthCheck: { type: "tcp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 } }],
  vrrp: [
    {
      name: "VI_1",
      id: 51,
      version: 2,
      network: "segment",
      addresses: ["172.25.254.100"],
      members: [
        { server: "server1", priority: 100, state: "MASTER" },
        { server: "server4", priority: 50, state: "BACKUP" },
      ],
      advertInterval: 1,
      password: "1111",
      preempt: true,
    },
  ],
  servers: [director(1), realServer(2), realServer(3), director(4)],
};

const shipped: Record<string, Plain<Lab>> = {
  "dr.yaml": dr,
  "ha.yaml": ha,
  "bare.yaml": { ...dr, name: "bare", setup: "manual" },
  "bare-ha.yaml": { ...ha, name: "bare-ha", setup: "manual" },
  "arp-problem.yaml": {
    ...dr,
    name: "arp-problem",
    servers: dr.servers.map((server) => ("arpCure" in server ? { ...server, arpCure: "none" } : server)),
  },
  "dr-baked.yaml": { ...dr, name: "dr-baked", image: { packages: "baked" } },
  "ha-baked.yaml": { ...ha, name: "ha-baked", image: { packages: "baked" } },
  "weighted.yaml": {
    ...dr,
    name: "weighted",
    image: { packages: "baked" },
    services: dr.services.map((one) => ({
      ...one,
      scheduler: "wrr" as const,
      realServers: one.realServers.map((real, index) => ({ ...real, weight: [3, 1][index] ?? 0 })),
    })),
  },
  "tunnel.yaml": {
    ...dr,
    name: "tunnel",
    image: { packages: "baked" },
    services: dr.services.map((one) => ({ ...one, forwarding: "tunnel" as const })),
  },
  "sorry-server.yaml": {
    ...ha,
    name: "sorry-server",
    image: { packages: "baked" },
    services: ha.services.map((first) => ({
      ...first,
      healthCheck: {
        type: "http" as const,
        path: "/",
        digest: true as const,
        ...{ delayLoop: 3, connectTimeout: 2, delayBeforeRetry: 1 },
      },
      sorryServer: { server: "server5", address: "172.25.254.15", port: 80, page: "Sorry, back soon\n" },
    })),
    servers: [...ha.servers, realServer(5)],
  },
  "three-directors.yaml": {
    ...ha,
    name: "three-directors",
    image: { packages: "baked" },
    vrrp: ha.vrrp.map((first) => ({
      ...first,
      members: [
        { server: "server1", priority: 100, state: "MASTER" as const },
        { server: "server4", priority: 90, state: "BACKUP" as const },
        { server: "server5", priority: 80, state: "BACKUP" as const },
      ],
    })),
    servers: [...ha.servers, director(5)],
  },
  "tracking.yaml": {
    ...ha,
    name: "tracking",
    image: { packages: "baked" },
    vrrp: ha.vrrp.map((first) => ({
      ...first,
      notify: true as const,
      trackScripts: [
        {
          name: "maintenance",
          command: ["/usr/bin/test", "!", "-e", "/etc/keepalived/maintenance"],
          ...{ interval: 2, timeout: 2, fall: 2, rise: 2, weight: -60 },
        },
      ],
      trackProcesses: [{ name: "smtpd", process: "smtpd", quorum: 1, delay: 2, weight: 0 }],
    })),
  },
  "sync-group.yaml": {
    ...ha,
    name: "sync-group",
    image: { packages: "baked" },
    virtualAddresses: ["172.25.254.100", "172.25.254.101"].map((address) => ({ address, network: "segment" })),
    services: ha.services.flatMap((first) => [
      { ...first, name: "web" },
      {
        ...first,
        name: "shop",
        vip: "172.25.254.101",
        port: 8080,
        realServers: first.realServers.map((real) => ({ ...real, port: 8080 })),
      },
    ]),
    vrrp: ha.vrrp.flatMap((first) => {
      const both = {
        ...first,
        members: first.members.map((one) => ({ ...one, state: "BACKUP" as const })),
        ...{ syncGroup: "VG_1", unicast: true as const, preemptDelay: 5 },
      };
      return [both, { ...both, name: "VI_2", id: 52, addresses: ["172.25.254.101"] }];
    }),
  },
  "crossed.yaml": {
    ...ha,
    name: "crossed",
    image: { packages: "baked" },
    virtualAddresses: ["172.25.254.100", "172.25.254.101"].map((address) => ({ address, network: "segment" })),
    services: ha.services.flatMap((first) => [
      first,
      {
        ...first,
        name: "172.25.254.101:8080",
        vip: "172.25.254.101",
        port: 8080,
        scheduler: "wrr" as const,
        realServers: first.realServers.map((real, index) => ({ ...real, port: 8080, weight: [1, 3][index] ?? 0 })),
      },
    ]),
    vrrp: ha.vrrp.flatMap((first) => [
      first,
      {
        ...first,
        name: "VI_2",
        id: 52,
        addresses: ["172.25.254.101"],
        members: [
          { server: "server1", priority: 50, state: "BACKUP" as const },
          { server: "server4", priority: 100, state: "MASTER" as const },
        ],
      },
    ]),
  },
};

describe("the lab files that are shipped", () => {
  it("are labs, each named as its file", async () => {
    for (const file of await readdir("labs")) expect(`${(await readLab(`labs/${file}`)).name}.yaml`).toBe(file);
  });

  it.each(Object.entries(shipped))("%s is the lab that it says it is", async (file, lab) => {
    expect(await readLab(`labs/${file}`)).toStrictEqual(lab);
  });

  it("differ only in `setup` where one is the exercise of the other", async () => {
    for (const [manual, automatic] of [
      ["bare", "dr"],
      ["bare-ha", "ha"],
    ] as const) {
      const { name, setup, ...rest } = await readLab(`labs/${manual}.yaml`);
      expect(await readLab(`labs/${automatic}.yaml`)).toStrictEqual({ ...rest, name: automatic, setup: "automatic" });
      expect({ name, setup }).toEqual({ name: manual, setup: "manual" });
    }
  });

  it("differ in the packages of the image, too, where the other one is baked", async () => {
    for (const [manual, automatic] of [
      ["bare-nat", "nat"],
      ["bare-tunnel", "tunnel"],
    ] as const) {
      const { image, ...rest } = await readLab(`labs/${manual}.yaml`);
      const done = await readLab(`labs/${automatic}.yaml`);
      expect(done).toStrictEqual({ ...rest, name: automatic, setup: "automatic", image: { packages: "baked" } });
      expect(image).toMatchObject({ packages: "plain" });
    }
  });
});

describe("a lab with several networks, labs/nat.yaml", async () => {
  const lab = await readLab("labs/nat.yaml");

  it("has a bridge of the lab host in each, and a default route in one", () => {
    expect(lab.networks).toEqual([
      { name: "outside", subnets: ["172.25.254.0/24"], hostAddresses: ["172.25.254.1"] },
      {
        name: "inside",
        subnets: ["192.168.10.0/24"],
        hostAddresses: ["192.168.10.1"],
        defaultRoute: "192.168.10.254",
      },
    ]);
    expect(lab.client.interfaces).toEqual([{ network: "outside", device: "eth0", addresses: ["172.25.254.250"] }]);
  });

  it("gives a server an interface in each of its networks, with a MAC address that names both network and host", () => {
    expect(lab.servers.map(({ name, management, interfaces }) => [name, management, interfaces])).toEqual([
      [
        "server1",
        "172.25.254.11",
        [
          { network: "outside", device: "eth0", addresses: ["172.25.254.11"], mac: "52:54:00:FE:FE:0B" },
          { network: "inside", device: "eth1", addresses: ["192.168.10.11"], mac: "52:54:00:FD:0A:0B" },
        ],
      ],
      [
        "server2",
        "192.168.10.12",
        [{ network: "inside", device: "eth0", addresses: ["192.168.10.12"], mac: "52:54:00:FD:0A:0C" }],
      ],
      [
        "server3",
        "192.168.10.13",
        [{ network: "inside", device: "eth0", addresses: ["192.168.10.13"], mac: "52:54:00:FD:0A:0D" }],
      ],
    ]);
  });

  it("has the default route among the addresses that a director takes, and real servers behind it", () => {
    expect(lab.virtualAddresses).toEqual([
      { address: "172.25.254.100", network: "outside" },
      { address: "192.168.10.254", network: "inside" },
    ]);
    expect(lab.services[0]).toMatchObject({
      forwarding: "nat",
      port: 80,
      realServers: [
        { server: "server2", address: "192.168.10.12", port: 8080 },
        { server: "server3", address: "192.168.10.13", port: 8080 },
      ],
    });
    expect(lab.servers.map((server) => [defaultRouteOf(lab, server), forwardsPackets(lab, server)])).toEqual([
      [undefined, true],
      ["192.168.10.254", false],
      ["192.168.10.254", false],
    ]);
    expect(["server2", "server3"].map((name) => ownVipsOf(lab, name))).toEqual([[], []]);
  });

  it("needs no address of the default route if the director's own one is it", () => {
    const own = parseLab(readFileSync("labs/nat.yaml", "utf8").replace("10.254", "10.11"), "lab.yaml");
    expect(own.virtualAddresses).toEqual([{ address: "172.25.254.100", network: "outside" }]);
  });

  it("has a VRRP instance on each network where directors elect, labs/nat-ha.yaml", async () => {
    const { vrrp } = await readLab("labs/nat-ha.yaml");
    expect(vrrp.map(({ name, network, id, addresses }) => ({ name, network, id, addresses }))).toEqual([
      { name: "outside", network: "outside", id: 51, addresses: ["172.25.254.100"] },
      { name: "inside", network: "inside", id: 51, addresses: ["192.168.10.254"] },
    ]);
  });
});

it("a real server is reached on a network that all directors are on", () => {
  const text = `control: ipvsadm
networks: [{ name: front, subnets: [10.1.0.0/16] }, { name: back, subnets: [10.2.0.0/16] }]
services: [{ vip: 10.1.0.100, forwarding: tunnel }]
servers:
  - { name: a, addresses: [10.2.0.2, 10.1.0.2], role: director }
  - { name: b, addresses: [10.1.0.3, 10.2.0.3], role: real-server }
`;
  const at = (lab: Lab) => lab.services[0]?.realServers.map(({ address }) => address);
  expect(at(parseLab(text, "lab.yaml"))).toEqual(["10.1.0.3"]);
  expect(at(parseLab(text.replace("[10.1.0.3, 10.2.0.3]", "[10.2.0.3, 10.1.0.3]"), "lab.yaml"))).toEqual(["10.1.0.3"]);
});

/** A lab file with two directors under keepalived and no more than it must have; the arguments go into its maps. */
const pair = ({ top = "", first = "", second = "", service = "", instance = "", a = "", c = "" } = {}): string => `
control: keepalived
${top}
networks: [{ subnets: [10.1.0.0/16] }]
services: [{ vip: 10.1.0.100, ${service} }]
vrrp: [{ members: [{ server: a, ${first} }, { server: b, ${second} }], ${instance} }]
servers:
  - { name: a, addresses: [10.1.2.3], role: director, ${a} }
  - { name: b, addresses: [10.1.2.4], role: director }
  - { name: c, addresses: [10.1.2.5], role: real-server, ${c} }
`;
const higher = "priority: 200";

const election = (lab: Lab) =>
  lab.vrrp.flatMap(({ members }) => members.map(({ server, priority, state }) => [server, priority, state]));

describe("defaults", () => {
  it("come from the textbook", () => {
    const lab = parseLab(pair({ first: higher }), "some/where/my-lab.yaml");
    const { healthCheck } = ha.services[0] ?? {};
    const { members: _, addresses: __, ...instance } = ha.vrrp[0] ?? {};
    expect(lab).toMatchObject({ name: "my-lab", setup: "automatic", image: textbook.image });
    expect(lab.networks).toEqual([{ name: "segment", subnets: ["10.1.0.0/16"], hostAddresses: ["10.1.0.1"] }]);
    expect(lab.client.interfaces).toEqual([{ network: "segment", device: "eth0", addresses: ["10.1.255.250"] }]);
    expect(lab.services).toMatchObject([
      { name: "10.1.0.100:80", protocol: "tcp", port: 80, forwarding: "dr", scheduler: "rr", healthCheck },
    ]);
    expect(lab.services[0]?.realServers).toEqual([
      { server: "c", address: "10.1.2.5", port: 80, weight: 1, page: "c\n" },
    ]);
    expect(lab.services[0]).not.toHaveProperty("persistenceTimeout");
    expect(lab.vrrp).toMatchObject([{ ...instance, addresses: ["10.1.0.100"] }]);
    expect(lab.servers.map(({ os, memory, arpCure }) => [os, memory, arpCure])).toEqual([
      ["debian-12", 512, undefined],
      ["debian-12", 512, undefined],
      ["debian-12", 512, "arptables"],
    ]);
  });

  it.each([
    ["debian", "debian-12"],
    ["debian-12", "debian-12"],
    ["debian-13", "debian-13"],
  ])("of a server's operating system is the lab's, %s, which is %s", (os, all) => {
    const lab = parseLab(pair({ top: `os: ${os}`, first: higher, c: "os: debian-13" }), "my-lab.yaml");
    expect(lab.servers.map((server) => server.os)).toEqual([all, all, "debian-13"]);
    const old = parseLab(pair({ top: "os: debian-13", first: higher, c: "os: debian" }), "my-lab.yaml");
    expect(old.servers.map((server) => server.os)).toEqual(["debian-13", "debian-13", "debian-12"]);
  });

  it("are not taken where the file says something else", () => {
    const lab = parseLab(
      pair({
        top: `name: other
memory: 384
arpCure: none
image: { url: 'https://example.org/debian.qcow2', checksum: 'sha256:${"ab".repeat(32)}' }
client: { addresses: [10.1.0.9] }`,
        service:
          "name: web, port: 8080, scheduler: sh, schedulerFlags: [sh-port, sh-fallback], persistenceTimeout: 50, healthCheck: { delayLoop: 2 }, realServers: [{ server: c, weight: 7, page: hello }]",
        first: "priority: 7",
        instance: "name: VI_WEB, id: 9, version: 3, advertInterval: 0.25, preempt: false, addresses: [10.1.0.100]",
        a: "memory: 1024",
        c: "arpCure: sysctl, interfaces: [{ network: segment, mac: '52:54:00:aa:bb:cc' }]",
      }),
      "my-lab.yaml",
    );
    expect(lab).toMatchObject({
      name: "other",
      image: {
        packages: "plain",
        url: "https://example.org/debian.qcow2",
        checksum: `sha256:${"ab".repeat(32)}`,
      },
      client: { interfaces: [{ addresses: ["10.1.0.9"] }] },
      services: [
        {
          name: "web",
          port: 8080,
          scheduler: "sh",
          schedulerFlags: ["sh-fallback", "sh-port"], // as ipvsadm sorts them
          persistenceTimeout: 50,
          healthCheck: { delayLoop: 2, connectTimeout: 3, delayBeforeRetry: 3 },
          realServers: [{ server: "c", port: 8080, weight: 7, page: "hello" }],
        },
      ],
      vrrp: [
        { name: "VI_WEB", id: 9, version: 3, advertInterval: 0.25, preempt: false, members: [{ priority: 7 }, {}] },
      ],
    });
    expect(lab.vrrp[0]).not.toHaveProperty("password");
    expect(lab.servers.map(({ memory }) => memory)).toEqual([1024, 384, 384]);
    expect(realServers(lab)).toMatchObject([{ arpCure: "sysctl", interfaces: [{ mac: "52:54:00:AA:BB:CC" }] }]);
  });

  it("give a network its name where its file has another one, to all that is on it", () => {
    const lab = parseLab(pair({ first: higher }).replace("[{ subnets", "[{ name: lan, subnets"), "lab.yaml");
    expect(lab.networks[0]?.name).toBe("lan");
    expect([lab.client, ...lab.servers].flatMap(({ interfaces }) => interfaces.map(({ network }) => network))).toEqual(
      Array(4).fill("lan"),
    );
    expect(lab.virtualAddresses).toEqual([{ address: "10.1.0.100", network: "lan" }]);
    expect(lab.vrrp[0]?.network).toBe("lan");
  });

  it("give a server the MAC address that its address makes", () => {
    const lab = parseLab(pair({ first: higher }), "lab.yaml");
    expect(lab.servers.map(({ interfaces }) => interfaces.map(({ mac }) => mac))).toEqual([
      ["52:54:00:FE:02:03"],
      ["52:54:00:FE:02:04"],
      ["52:54:00:FE:02:05"],
    ]);
  });

  it("have no keepalived, and so no health check and no VRRP instance, where ipvsadm is in control", async () => {
    const lab = await readLab("labs/dr.yaml");
    expect(lab.vrrp).toEqual([]);
    expect(lab.services[0]).not.toHaveProperty("healthCheck");
  });

  it("find room for the client in the smallest subnet", () => {
    const text = `
control: ipvsadm
networks: [{ subnets: [192.168.1.8/29] }]
services: [{ vip: 192.168.1.11 }]
servers:
  - { name: a, addresses: [192.168.1.12], role: director }
  - { name: b, addresses: [192.168.1.13], role: real-server }
`;
    const lab = parseLab(text, "small.yaml");
    expect(lab.networks[0]?.hostAddresses).toEqual(["192.168.1.9"]);
    expect(clientAddress(lab)).toBe("192.168.1.10");
  });
});

describe("the election", () => {
  it.each([
    ["the highest priority starts as MASTER", { second: "priority: 150" }, [100, "BACKUP"], [150, "MASTER"]],
    ["unless another one is given as MASTER", { first: "priority: 9, state: MASTER" }, [9, "MASTER"], [100, "BACKUP"]],
    ["or it is given as BACKUP", { second: "priority: 150, state: BACKUP" }, [100, "BACKUP"], [150, "BACKUP"]],
    ["or nobody preempts", { instance: "preempt: false", second: "priority: 150" }, [100, "BACKUP"], [150, "BACKUP"]],
  ] as const)("%s", (_, file, first, second) => {
    const lab = parseLab(pair(file), "lab.yaml");
    expect(election(lab)).toEqual([
      ["a", ...first],
      ["b", ...second],
    ]);
    expect(lab.vrrp.map(electedOf)).toEqual([first[0] > second[0] ? "a" : "b"]);
  });

  it("is not held where ipvsadm is in control", async () => {
    expect(election(await readLab("labs/dr.yaml"))).toEqual([]);
  });

  it("is the same in a lab that is set up by hand", async () => {
    expect(election(await readLab("labs/bare-ha.yaml"))).toEqual(election(await readLab("labs/ha.yaml")));
  });
});

describe("a lab", () => {
  it.each(schedulers)("may have the scheduler %s", (scheduler) => {
    const text = pair({ first: higher, service: `scheduler: ${scheduler}` });
    expect(parseLab(text, "lab.yaml").services[0]?.scheduler).toBe(scheduler);
  });

  it("cannot be changed", async () => {
    const lab: { services: { port: number }[]; servers: object[] } = (await readLab("labs/dr.yaml")) as never;
    const [first] = lab.services;
    expect(() => {
      if (first) first.port = 81;
    }).toThrow(TypeError);
    expect(() => lab.servers.push({})).toThrow(TypeError);
    expect(Object.isFrozen(lab.servers[0])).toBe(true);
  });

  it("may be written with anchors and aliases", () => {
    const text = pair({ first: higher, a: "memory: &small 384", c: "memory: *small" });
    const lab = parseLab(text, "lab.yaml");
    expect(lab.servers.map(({ memory }) => memory)).toEqual([384, 512, 384]);
  });

  it("says which file could not be read", async () => {
    const error = await readLab("labs/nowhere.yaml").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileError);
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/^labs\/nowhere\.yaml:1:1: .*ENOENT.*labs\/ha\.yaml/),
    );
  });
});

describe("queries", async () => {
  const textbookHa = await readLab("labs/ha.yaml");
  const textbookDr = await readLab("labs/dr.yaml");
  const vip = toIp("172.25.254.100");
  const elsewhere = toIp("10.0.0.1");
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);
  const [instance] = textbookHa.vrrp;
  if (!instance) throw new Error("labs/ha.yaml has no VRRP instance");

  it("tell directors from real servers, in the order of the file", () => {
    expect(names(directors(textbookHa))).toEqual(["server1", "server4"]);
    expect(names(realServers(textbookHa))).toEqual(["server2", "server3"]);
  });

  it("find a server, a network and an interface by name", () => {
    const server4 = serverNamed(textbookHa, "server4");
    expect(server4).toBe(textbookHa.servers[3]);
    expect(networkNamed(textbookHa, "segment")).toBe(textbookHa.networks[0]);
    expect(interfaceOn(server4, "segment").mac).toBe("52:54:00:FE:FE:0E");
    expect(interfaceOn(textbookHa.client, "segment").device).toBe("eth0");
  });

  it("find a host's address on a network", () => {
    expect(addressOn(serverNamed(textbookHa, "server4"), "segment")).toBe("172.25.254.14");
    expect(addressOn(textbookHa.client, "segment")).toBe("172.25.254.250");
    expect(clientAddress(textbookHa)).toBe("172.25.254.250");
  });

  it("find the subnet of an address, and with it the prefix length", () => {
    expect(subnetFor(textbookHa, vip)).toBe("172.25.254.0/24");
    expect(withPrefix(textbookHa, vip)).toBe("172.25.254.100/24");
  });

  it("find a VIP's network, its VRRP instance and who is to hold it", () => {
    expect(networkOfVip(textbookHa, vip)).toBe(textbookHa.networks[0]);
    expect(instanceOfVip(textbookHa, vip)).toBe(instance);
    expect(instanceOfVip(textbookDr, vip)).toBeUndefined();
    expect(holderOf(textbookHa, vip)).toBe("server1");
    expect(holderOf(textbookDr, vip)).toBe("server1");
  });

  it("find the VRRP instances of a director and of a network", () => {
    expect(instancesOf(textbookHa, "server4")).toEqual([instance]);
    expect(instancesOf(textbookHa, "server2")).toEqual([]);
    expect(instancesOnNetwork(textbookHa, "segment")).toEqual([instance]);
    expect(instancesOnNetwork(textbookHa, "lan")).toEqual([]);
  });

  it("put the members of an instance in the order of their priorities", () => {
    const turned = { ...instance, members: instance.members.toReversed() };
    expect(byPriority(turned).map(({ server }) => server)).toEqual(["server1", "server4"]);
    expect(electedOf(turned)).toBe("server1");
    expect(priorityIn(instance, "server4")).toBe(50);
    expect(priorityIn(instance, "server2")).toBeUndefined();
  });

  it("find the services of a real server, and their VIPs once each", () => {
    const [web] = textbookHa.services;
    if (!web) throw new Error("labs/ha.yaml has no service");
    const secure = { ...web, name: "secure", port: 443, realServers: web.realServers.slice(0, 1) };
    const two: Lab = { ...textbookHa, services: [web, secure] };
    expect(names(servicesOf(two, "server2"))).toEqual([web.name, "secure"]);
    expect(names(servicesOf(two, "server3"))).toEqual([web.name]);
    expect(servicesOf(two, "server1")).toEqual([]);
    expect(vipsOf(two, "server2")).toEqual([vip]);
    expect(vipsOf(two, "server1")).toEqual([]);
  });

  it("find the server of a MAC address in either case", () => {
    expect(serverWithMac(textbookHa, "52:54:00:fe:fe:0e")).toBe("server4");
    expect(serverWithMac(textbookHa, "52:54:00:FE:FE:0E")).toBe("server4");
    expect(serverWithMac(textbookHa, "52:54:00:00:00:01")).toBeUndefined();
  });

  it.each<[string, () => unknown, string]>([
    ["server", () => serverNamed(textbookHa, "server9"), "the lab ha has no server server9"],
    ["network", () => networkNamed(textbookHa, "lan"), "the lab ha has no network lan"],
    ["interface", () => interfaceOn(serverNamed(textbookHa, "server1"), "lan"), "server1 is not on the network lan"],
    ["interface of the client", () => interfaceOn(textbookHa.client, "lan"), "client is not on the network lan"],
    ["address on a network", () => addressOn(textbookHa.client, "lan"), "client has no address on lan"],
    [
      "client's address",
      () => clientAddress({ ...textbookHa, client: { name: "client", interfaces: [] } }),
      "the client has no address",
    ],
    ["subnet", () => subnetFor(textbookHa, elsewhere), "10.0.0.1 lies in no network of the lab ha"],
    ["prefix length", () => withPrefix(textbookHa, elsewhere), "10.0.0.1 lies in no network of the lab ha"],
    ["VIP", () => networkOfVip(textbookHa, elsewhere), "10.0.0.1 is no VIP of the lab ha"],
    ["member", () => electedOf({ ...instance, members: [] }), "the VRRP instance VI_1 has no members"],
    ["director", () => holderOf({ ...textbookDr, servers: [] }, vip), "the lab dr has no director"],
  ])("say that there is no such %s", (_, ask, message) => {
    expect(ask).toThrow(new Error(message));
  });
});

describe("what a scheduler promises to a single client", () => {
  const [mine] = parseLab(
    `control: ipvsadm
networks: [{ subnets: [172.25.254.0/24] }]
services:
  - vip: 172.25.254.100
    realServers: [{ server: server2 }, { server: server3, weight: 3 }, { server: server4, weight: 0 }]
servers:
  - { name: server1, addresses: [172.25.254.11], role: director }
  - { name: server2, addresses: [172.25.254.12], role: real-server }
  - { name: server3, addresses: [172.25.254.13], role: real-server }
  - { name: server4, addresses: [172.25.254.14], role: real-server }
`,
    "mine.yaml",
  ).services;
  if (!mine) throw new Error("the lab has no service");
  const alike = { ...mine, realServers: mine.realServers.filter(({ weight }) => weight < 2) };

  it("is about the real servers with a weight", () => {
    expect(poolOf(mine).map(({ server }) => server)).toEqual(["server2", "server3"]);
  });

  it.each<[Scheduler, number | undefined, { turns: boolean; even: boolean; evenIfAlike: boolean }]>([
    ["rr", undefined, { turns: true, even: true, evenIfAlike: true }],
    ["rr", 50, { turns: false, even: false, evenIfAlike: false }],
    ["wrr", undefined, { turns: false, even: false, evenIfAlike: true }],
    ["lc", undefined, { turns: false, even: true, evenIfAlike: true }], // weights do not matter to it
    ["wlc", undefined, { turns: false, even: false, evenIfAlike: true }],
    ["wlc", 50, { turns: false, even: false, evenIfAlike: false }],
    ["sh", undefined, { turns: false, even: false, evenIfAlike: false }],
  ])("%s, persistence %s: %j", (scheduler, persistenceTimeout, promised) => {
    const change = { scheduler, ...(persistenceTimeout === undefined ? {} : { persistenceTimeout }) };
    expect({
      turns: goesInTurn({ ...mine, ...change }),
      even: sharesAreEven({ ...mine, ...change }),
      evenIfAlike: sharesAreEven({ ...alike, ...change }),
    }).toEqual(promised);
  });

  it("wrr is rr where all weights are the same", () => {
    expect(goesInTurn({ ...alike, scheduler: "wrr" })).toBe(true);
    expect(goesInTurn({ ...alike, scheduler: "wlc" })).toBe(false);
  });
});
