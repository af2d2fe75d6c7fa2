import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  directors,
  FileError,
  goalOf,
  goesInTurn,
  type Lab,
  parseLab,
  poolOf,
  readLab,
  realServers,
  type Stage,
  schedulers,
  sharesAreEven,
} from "../../../lab/lab.ts";

const machine = (number: number) => ({
  name: `server${number}`,
  address: `172.25.254.1${number}`,
  prefixLength: 24,
  mac: `52:54:00:FE:FE:0${(10 + number).toString(16).toUpperCase()}`,
  memory: 512,
  weight: 1,
  page: `server${number}\n`,
});

const textbook = {
  os: "debian",
  network: {
    subnet: "172.25.254.0/24",
    prefixLength: 24,
    gateway: "172.25.254.1",
    client: "172.25.254.250",
  },
  service: { vip: "172.25.254.100", port: 80, scheduler: "rr" },
  arpCure: "arptables",
  image: { packages: "plain" },
  memory: 512,
  keepalived: {
    virtualRouterId: 51,
    vrrpVersion: 2,
    advertInterval: 1,
    password: "1111",
    delayLoop: 6,
    connectTimeout: 3,
    delayBeforeRetry: 3,
    preempt: true,
  },
} as const;

const dr: Lab = {
  ...textbook,
  name: "dr",
  stage: "dr",
  servers: [
    { ...machine(1), role: "director" },
    { ...machine(2), role: "real-server" },
    { ...machine(3), role: "real-server" },
  ],
};

const ha: Lab = {
  ...textbook,
  name: "ha",
  stage: "ha",
  servers: [
    { ...machine(1), role: "director", priority: 100, state: "MASTER" },
    { ...machine(2), role: "real-server" },
    { ...machine(3), role: "real-server" },
    { ...machine(4), role: "director", priority: 50, state: "BACKUP" },
  ],
};

const shipped: Record<string, Lab> = {
  "dr.yaml": dr,
  "ha.yaml": ha,
  "bare.yaml": { ...dr, name: "bare", stage: "bare", exercise: "dr" },
  "bare-ha.yaml": { ...ha, name: "bare-ha", stage: "bare", exercise: "ha" },
  "arp-problem.yaml": { ...dr, name: "arp-problem", arpCure: "none" },
  "dr-baked.yaml": { ...dr, name: "dr-baked", image: { packages: "baked" } },
  "ha-baked.yaml": { ...ha, name: "ha-baked", image: { packages: "baked" } },
};

describe("the lab files that are shipped", () => {
  it.each<Stage>(["dr", "ha", "bare"])("have one for stage %s by its name", async (stage) => {
    expect(await readLab(`labs/${stage}.yaml`)).toMatchObject({ name: stage, stage });
  });

  it("are all looked at here", async () => {
    expect((await readdir("labs")).sort()).toEqual(Object.keys(shipped).sort());
  });

  it.each(Object.entries(shipped))("%s is the lab that it says it is", async (file, lab) => {
    expect(await readLab(`labs/${file}`)).toStrictEqual(lab);
  });
});

/** A lab file of the ha stage with two directors and no more than it must have; `more` goes into its maps. */
const pair = ({ top = "", first = "", second = "", real = "", network = "" } = {}): string => `
stage: ha
${top}
network: { subnet: 10.1.0.0/16, ${network} }
service: { vip: 10.1.0.100 }
servers:
  - { name: a, address: 10.1.2.3, role: director, ${first} }
  - { name: b, address: 10.1.2.4, role: director, ${second} }
  - { name: c, address: 10.1.2.5, role: real-server, ${real} }
`;

const election = (lab: Lab) => directors(lab).map(({ name, priority, state }) => [name, priority, state]);

describe("defaults", () => {
  it("come from the textbook", () => {
    const lab = parseLab(pair({ first: "priority: 200" }), "some/where/my-lab.yaml");
    expect(lab).toMatchObject({ ...textbook, name: "my-lab", network: {}, service: { port: 80, scheduler: "rr" } });
    expect(lab.network).toEqual({
      subnet: "10.1.0.0/16",
      prefixLength: 16,
      gateway: "10.1.0.1",
      client: "10.1.255.250",
    });
    expect(lab.service).not.toHaveProperty("persistenceTimeout");
  });

  it("are not taken where the file says something else", () => {
    const lab = parseLab(
      pair({
        top: "name: other\nmemory: 384\narpCure: sysctl\nimage: { url: 'https://example.org/debian.qcow2' }",
        network: "client: 10.1.0.9",
        first: "priority: 7, memory: 1024",
        real: "weight: 7, page: hello, mac: '52:54:00:aa:bb:cc'",
      }),
      "my-lab.yaml",
    );
    expect(lab).toMatchObject({
      name: "other",
      memory: 384,
      arpCure: "sysctl",
      image: { packages: "plain", url: "https://example.org/debian.qcow2" },
      network: { client: "10.1.0.9" },
    });
    expect(lab.servers.map(({ memory }) => memory)).toEqual([1024, 384, 384]);
    expect(realServers(lab)).toMatchObject([{ weight: 7, page: "hello", mac: "52:54:00:AA:BB:CC" }]);
  });

  it("give a server the MAC address that its address makes", () => {
    const lab = parseLab(pair({ first: "priority: 200" }), "lab.yaml");
    expect(lab.servers.map(({ mac }) => mac)).toEqual(["52:54:00:FE:02:03", "52:54:00:FE:02:04", "52:54:00:FE:02:05"]);
  });

  it("make dr the exercise of a bare lab, and of no other", () => {
    const bare = parseLab(
      pair().replace("stage: ha", "stage: bare").replace("role: director", "role: real-server"),
      "bare.yaml",
    );
    expect(bare).toMatchObject({ stage: "bare", exercise: "dr" });
    expect(parseLab(pair({ first: "priority: 200" }), "ha.yaml")).not.toHaveProperty("exercise");
  });

  it("find room for the client in the smallest subnet", () => {
    const text = `
stage: dr
network: { subnet: 192.168.1.8/29 }
service: { vip: 192.168.1.11 }
servers:
  - { name: a, address: 192.168.1.12, role: director }
  - { name: b, address: 192.168.1.13, role: real-server }
`;
    expect(parseLab(text, "small.yaml").network).toMatchObject({ gateway: "192.168.1.9", client: "192.168.1.10" });
  });
});

describe("the election", () => {
  it.each([
    ["the highest priority starts as MASTER", { second: "priority: 150" }, [100, "BACKUP"], [150, "MASTER"]],
    ["unless another one is given as MASTER", { first: "priority: 9, state: MASTER" }, [9, "MASTER"], [100, "BACKUP"]],
    ["or it is given as BACKUP", { second: "priority: 150, state: BACKUP" }, [100, "BACKUP"], [150, "BACKUP"]],
    [
      "or nobody preempts",
      { top: "keepalived: { preempt: false }", second: "priority: 150" },
      [100, "BACKUP"],
      [150, "BACKUP"],
    ],
  ] as const)("%s", (_, file, first, second) => {
    expect(election(parseLab(pair(file), "lab.yaml"))).toEqual([
      ["a", ...first],
      ["b", ...second],
    ]);
  });

  it("is not held in stage dr", async () => {
    for (const server of (await readLab("labs/dr.yaml")).servers) {
      expect(server).not.toHaveProperty("priority");
      expect(server).not.toHaveProperty("state");
    }
  });
});

describe("a lab", () => {
  it.each(schedulers)("may have the scheduler %s", (scheduler) => {
    const text = pair({ first: "priority: 200" }).replace(
      "vip: 10.1.0.100",
      `vip: 10.1.0.100, scheduler: ${scheduler}`,
    );
    expect(parseLab(text, "lab.yaml").service.scheduler).toBe(scheduler);
  });

  it("cannot be changed", async () => {
    const lab: { service: { port: number }; servers: object[] } = (await readLab("labs/dr.yaml")) as never;
    expect(() => {
      lab.service.port = 81;
    }).toThrow(TypeError);
    expect(() => lab.servers.push({})).toThrow(TypeError);
    expect(Object.isFrozen(lab.servers[0])).toBe(true);
  });

  it("tells its directors from its real servers, in the order of the file", () => {
    expect(directors(ha).map(({ name }) => name)).toEqual(["server1", "server4"]);
    expect(realServers(ha).map(({ name }) => name)).toEqual(["server2", "server3"]);
  });

  it("has its stage for a goal, a bare one its exercise", async () => {
    const goals = await Promise.all(
      Object.keys(shipped).map(async (file) => [file, goalOf(await readLab(`labs/${file}`))]),
    );
    expect(Object.fromEntries(goals)).toMatchObject({
      "dr.yaml": "dr",
      "ha.yaml": "ha",
      "bare.yaml": "dr",
      "bare-ha.yaml": "ha",
    });
  });

  it("holds the election of its exercise while it is bare", async () => {
    expect(election(await readLab("labs/bare-ha.yaml"))).toEqual(election(ha));
  });

  it("may be written with anchors and aliases", () => {
    const text = pair({ first: "priority: &high 200, memory: &small 384", real: "memory: *small" });
    expect(parseLab(text, "lab.yaml").servers.map(({ memory }) => memory)).toEqual([384, 512, 384]);
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

describe("what a scheduler promises to a single client", () => {
  const lab = parseLab(
    `stage: dr
network: { subnet: 172.25.254.0/24 }
service: { vip: 172.25.254.100 }
servers:
  - { name: server1, address: 172.25.254.11, role: director }
  - { name: server2, address: 172.25.254.12, role: real-server }
  - { name: server3, address: 172.25.254.13, role: real-server, weight: 3 }
  - { name: server4, address: 172.25.254.14, role: real-server, weight: 0 }
`,
    "mine.yaml",
  );
  const alike: Lab = { ...lab, servers: lab.servers.filter(({ weight }) => weight < 2) };

  it("is about the real servers with a weight", () => {
    expect(poolOf(lab).map(({ name }) => name)).toEqual(["server2", "server3"]);
  });

  it.each<[Lab["service"]["scheduler"], number | undefined, { turns: boolean; even: boolean; evenIfAlike: boolean }]>([
    ["rr", undefined, { turns: true, even: true, evenIfAlike: true }],
    ["rr", 50, { turns: false, even: false, evenIfAlike: false }],
    ["wrr", undefined, { turns: false, even: false, evenIfAlike: true }],
    ["wlc", undefined, { turns: false, even: false, evenIfAlike: true }],
    ["wlc", 50, { turns: false, even: false, evenIfAlike: false }],
    ["sh", undefined, { turns: false, even: false, evenIfAlike: false }],
  ])("%s, persistence %s: %j", (scheduler, persistenceTimeout, promised) => {
    const service = { ...lab.service, scheduler, ...(persistenceTimeout === undefined ? {} : { persistenceTimeout }) };
    expect({
      turns: goesInTurn({ ...lab, service }),
      even: sharesAreEven({ ...lab, service }),
      evenIfAlike: sharesAreEven({ ...alike, service }),
    }).toEqual(promised);
  });
});
