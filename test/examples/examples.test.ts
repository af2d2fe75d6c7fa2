/** One running lab is turned into each lab of labs/ in turn: it serves, its checks pass, `refresh` sees what a hand breaks, `up` mends it. */
import { readdirSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, readLab, type Server } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { changed, failures, TestStack } from "../e2e/stack.ts";

/** What a hand breaks in an example: commands by server, and the resources that then differ. */
interface Example {
  readonly lab: string;
  readonly hurt?: Readonly<Record<string, string>>;
  readonly seen?: readonly string[];
}

/** In an order in which labs on the same machines follow one another. */
const walk: readonly Example[] = [
  { lab: "dr-baked", hurt: { server1: "ipvsadm --clear" }, seen: ["server1-director"] },
  { lab: "weighted", hurt: { server1: "ipvsadm -E -t 172.25.254.100:80 -s rr" }, seen: ["server1-director"] },
  { lab: "tunnel", hurt: { server2: "ip link set tunl0 down" }, seen: ["server2-real-server"] },
  { lab: "localnode", hurt: { server1: "systemctl stop apache2" }, seen: ["server1-httpd"] },
  { lab: "udp", hurt: { server3: "systemctl stop lvs-udp-server" }, seen: ["server3-udp-server"] },
  { lab: "ha-baked", hurt: { server4: "systemctl stop keepalived" }, seen: ["server4-keepalived"] },
  { lab: "crossed", hurt: { server3: "arptables --flush" }, seen: ["server3-real-server"] },
  { lab: "sync-group" },
  { lab: "tracking" },
  { lab: "three-directors" },
  {
    lab: "nat-ha",
    hurt: { server1: "sysctl -q net.ipv4.ip_forward=0", server4: "ip address flush dev eth1" },
    seen: ["server1-routing", "server4-interfaces"],
  },
  {
    lab: "nat",
    hurt: { server1: "ip link set eth1 down", server2: "ip route del default" },
    seen: ["server1-interfaces", "server2-routing"],
  },
];

/** Labs that are not served, or another file's twin with plain guests. */
const left = ["bare", "bare-ha", "arp-problem", "dr", "ha"];

const stack = new TestStack("examples");
afterAll(() => stack.remove());

test("every lab of labs/ is walked through, or is known not to be", () => {
  const all = readdirSync(`${projectRoot}/labs`).map((file) => file.replace(".yaml", ""));
  expect([...walk.map(({ lab }) => lab), ...left].sort()).toEqual(all.sort());
});

const up = async (): Promise<string> => {
  const { status, stdout, stderr } = await stack.pulumi("up", "--yes", "--skip-preview");
  expect(status, stdout + stderr).toBe(0);
  return stdout;
};

const boots = async (lab: Lab): Promise<Map<string, string>> =>
  new Map(
    await Promise.all(
      lab.servers.map(
        async ({ name }): Promise<[string, string]> => [
          name,
          await stack.on(name, "cat /proc/sys/kernel/random/boot_id"),
        ],
      ),
    ),
  );

/** Whether a server of one lab can serve in another as it is: nothing of its machine differs. */
const isSameMachine = (one: Server, other: Server | undefined): boolean =>
  other !== undefined && one.memory === other.memory && isDeepStrictEqual(one.interfaces, other.interfaces);

let before: { lab: Lab; boots: Map<string, string> } | undefined;

describe.each(walk)("the lab $lab", ({ lab: name, hurt = {}, seen = [] }) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await readLab(`${projectRoot}/labs/${name}.yaml`);
  });

  test("comes out of the lab before, whose servers stay where they can", async () => {
    await stack.lab(name);
    if (before) await up();
    else expect((await stack.lvs("up")).status).toBe(0); // creates the stack, too
    const now = await boots(lab);
    const earlier = before;
    const stayed = lab.servers
      .filter((server) =>
        isSameMachine(
          server,
          earlier?.lab.servers.find((one) => one.name === server.name),
        ),
      )
      .map((server) => server.name);
    expect(stayed.filter((server) => now.get(server) !== earlier?.boots.get(server))).toEqual([]);
    before = { lab, boots: now };
  });

  test("passes every check, and a second `up` has nothing to do", async () => {
    const results = await stack.check();
    expect(failures(results)).toEqual([]);
    expect(results.length).toBeGreaterThan(5);
    expect(changed(await up())).toEqual([]);
  });

  test.skipIf(seen.length === 0)("`refresh` sees what a hand broke, and `up` mends it", async () => {
    for (const [server, command] of Object.entries(hurt)) await stack.on(server, command);
    const refreshed = await stack.pulumi("refresh", "--yes", "--skip-preview");
    expect(changed(refreshed.stdout)).toEqual(expect.arrayContaining([...seen]));
    expect(changed(await up())).toEqual(expect.arrayContaining([...seen]));
    expect(failures(await stack.check())).toEqual([]);
  });
});
