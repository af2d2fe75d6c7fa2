import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { FileError, formatFileError, parseLab, readLab } from "../../../lab/index.ts";
import { edit, problemsIn } from "./file-cases.ts";

const fixtures = "test/unit/lab/first-form";

/** What to write instead of a file of the first form, as its one problem says. */
function answerTo(text: string): string {
  const problems = problemsIn(() => parseLab(text, "old.yaml"));
  expect(problems).toMatchObject([{ rule: "version-1", path: "stage" }]);
  const [, file = ""] =
    /^replace the contents of the file with these, [^\n]+:\n\n([\s\S]*)$/.exec(problems[0]?.remedy ?? "") ?? [];
  return file;
}

describe("the lab files that were shipped in the first form", () => {
  it.each(["arp-problem", "bare", "bare-ha", "dr", "dr-baked", "ha", "ha-baked"])(
    "%s is answered with the lab that is shipped now",
    async (name) => {
      const answer = answerTo(await readFile(`${fixtures}/${name}.yaml`, "utf8"));
      expect(answer).toMatch(/^(setup: manual\n)?control: /);
      expect(parseLab(answer, `labs/${name}.yaml`)).toStrictEqual(await readLab(`labs/${name}.yaml`));
    },
  );
});

const everything = `name: other
stage: ha
os: debian
network: { subnet: 10.1.0.0/16, client: 10.1.0.9 }
service: { vip: 10.1.0.100, port: 8080, scheduler: wrr, persistenceTimeout: 50 }
arpCure: sysctl
image: { packages: plain, url: "https://example.org/debian.qcow2" }
memory: 384
keepalived:
  virtualRouterId: 9
  vrrpVersion: 3
  advertInterval: 0.25
  delayLoop: 2
  connectTimeout: 1
  delayBeforeRetry: 4
  preempt: false
servers:
  - { name: a, address: 10.1.2.3, role: director, priority: 7, state: BACKUP, memory: 1024 }
  - { name: b, address: 10.1.2.4, role: director }
  - { name: c, address: 10.1.2.5, role: real-server, weight: 7, page: hello, mac: "52:54:00:aa:bb:cc" }
  - { name: d, address: 10.1.2.6, role: real-server, weight: 0 }
`;

/** The present form requires a checksum beside the URL of an image; the first one had none. */
const withChecksum = (text: string): string =>
  edit(text, "debian.qcow2", `debian.qcow2, checksum: "sha256:${"0".repeat(64)}"`);

describe("a lab file of the first form", () => {
  it("with every property is answered with every property in its new place", () => {
    expect(answerTo(everything)).toBe(`name: other
control: keepalived
os: debian
memory: 384
arpCure: sysctl
image: { packages: plain, url: https://example.org/debian.qcow2 }
networks:
  - subnets: [ 10.1.0.0/16 ]
client:
  addresses: [ 10.1.0.9 ]
services:
  - vip: 10.1.0.100
    port: 8080
    scheduler: wrr
    persistenceTimeout: 50
    healthCheck: { delayLoop: 2, connectTimeout: 1, delayBeforeRetry: 4 }
    realServers:
      - { server: c, weight: 7, page: hello }
      - { server: d, weight: 0 }
vrrp:
  - id: 9
    version: 3
    advertInterval: 0.25
    preempt: false
    members:
      - { server: a, priority: 7, state: BACKUP }
      - { server: b }
servers:
  - name: a
    addresses: [ 10.1.2.3 ]
    role: director
    memory: 1024
  - name: b
    addresses: [ 10.1.2.4 ]
    role: director
  - name: c
    addresses: [ 10.1.2.5 ]
    role: real-server
    interfaces:
      - { network: segment, mac: 52:54:00:aa:bb:cc }
  - name: d
    addresses: [ 10.1.2.6 ]
    role: real-server
`);
  });

  it("becomes the same lab", () => {
    const lab = parseLab(withChecksum(answerTo(everything)), "old.yaml");
    expect(lab).toMatchObject({
      name: "other",
      setup: "automatic",
      control: "keepalived",
      image: { packages: "plain", url: "https://example.org/debian.qcow2" },
      client: { interfaces: [{ addresses: ["10.1.0.9"] }] },
      services: [
        {
          port: 8080,
          scheduler: "wrr",
          persistenceTimeout: 50,
          healthCheck: { delayLoop: 2, connectTimeout: 1, delayBeforeRetry: 4 },
          realServers: [
            { server: "c", weight: 7, page: "hello" },
            { server: "d", weight: 0, page: "d\n" },
          ],
        },
      ],
      vrrp: [
        {
          id: 9,
          version: 3,
          advertInterval: 0.25,
          preempt: false,
          members: [
            { server: "a", priority: 7, state: "BACKUP" },
            { server: "b", priority: 100, state: "BACKUP" },
          ],
        },
      ],
    });
    expect(lab.vrrp[0]).not.toHaveProperty("password");
    expect(lab.servers.map(({ memory }) => memory)).toEqual([1024, 384, 384, 384]);
    expect(lab.servers.map(({ arpCure }) => arpCure)).toEqual([undefined, undefined, "sysctl", "sysctl"]);
    expect(lab.servers[2]?.interfaces[0]?.mac).toBe("52:54:00:AA:BB:CC");
  });

  it.each([
    ["stage: bare\n", "manual", "ipvsadm"],
    ["stage: bare\nexercise: dr\n", "manual", "ipvsadm"],
    ["stage: dr\n", "automatic", "ipvsadm"],
  ])("that says %j is set up %s, with %s", (stage, setup, control) => {
    const text = `${stage}network: { subnet: 10.1.0.0/16 }
service: { vip: 10.1.0.100 }
servers:
  - { name: a, address: 10.1.2.3, role: director }
  - { name: b, address: 10.1.2.4, role: real-server }
`;
    expect(parseLab(answerTo(text), "old.yaml")).toMatchObject({ setup, control, vrrp: [] });
  });

  it("with an image by URL lacks its checksum, which is asked for when the answer is read", () => {
    const problems = problemsIn(() => parseLab(answerTo(everything), "old.yaml"));
    expect(problems).toMatchObject([{ rule: "image-checksum", path: "image.url" }]);
  });

  it("keeps its mistakes, which are told when the answer is read", () => {
    const wrong = edit(edit(everything, "port: 8080", "port: http"), "role: real-server, weight: 0", "role: none");
    const answer = withChecksum(answerTo(`${wrong}colour: red\n`));
    const problems = problemsIn(() => parseLab(answer, "old.yaml"));
    expect(problems.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      "value services[0].port",
      "value servers[3].role",
      "unknown-key colour",
    ]);
  });

  it("lists real servers where one of them has a page of its own", () => {
    const text = everything.replace("weight: 7, page", "page").replace(", weight: 0", "");
    expect(answerTo(text)).toContain("    realServers:\n      - { server: c, page: hello }\n      - { server: d }\n");
    expect(answerTo(text.replace("page: hello, ", ""))).not.toContain("realServers");
  });

  it.each([
    ["of its stage alone", "stage: dr\n"],
    ["whose stage is nonsense", "stage: { dr: ha }\nservers: none\nnetwork: [1]\n"],
    ["whose stage is a list that holds itself", "stage: &a [*a]\n"],
    ["whose servers hold themselves", "stage: ha\nservers: &s [*s]\n"],
  ])("is answered, too, if it is one %s", (_, text) => {
    expect(answerTo(text)).toMatch(/^control: (ipvsadm|keepalived)\nnetworks:\n/);
  });

  it("is told in one sentence, with the file below it", () => {
    const text = "stage: dr\nnetwork: { subnet: 10.1.0.0/16 }\nservice: { vip: 10.1.0.100 }\nservers: []\n";
    try {
      parseLab(text, "labs/old.yaml");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(FileError);
      expect(formatFileError(error as FileError)).toBe(
        `labs/old.yaml:1:1: stage: expected the present form of a lab file, with \`control\` and lists of networks, services and VRRP instances; found \`stage\`, a key of the first form. Fix: replace the contents of the file with these, and carry comments over by hand:

control: ipvsadm
networks:
  - subnets: [ 10.1.0.0/16 ]
services:
  - { vip: 10.1.0.100 }
servers: []

  1 | stage: dr
    | ^^^^^

labs/old.yaml: 1 problem`,
      );
    }
  });
});

it("docs/lab-file.md shows what is said of a file of the first form", async () => {
  const [, section = ""] = (await readFile("docs/lab-file.md", "utf8")).split("\n## The first form\n");
  const [, old = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const [, output = ""] = /^```text\n([\s\S]*?)\n```$/m.exec(section) ?? [];
  let said = "";
  try {
    parseLab(old, "labs/old.yaml");
  } catch (error) {
    said = formatFileError(error as FileError);
  }
  expect(said).toBe(output);
});
