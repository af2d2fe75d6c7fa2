import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { changed, TestStack } from "../e2e/stack.ts";
import { type MachineEffect, machineEffects, twoNetworks } from "./machine-effects.ts";

const ours = (name: string): string => join(process.env.LVS_LAB_STATE ?? "", `rehearse-${name}`);

/** A copy of a shipped folder. */
function copyOf(name: string): string {
  cpSync(join(projectRoot, "rehearsals", name), ours(name), { recursive: true });
  return ours(name);
}

describe("two directors with files of somebody's own", () => {
  const stack = new TestStack("rehearse-web");
  const folder = copyOf("web-pair");
  const up = () => stack.pulumi("up", "--yes", "--skip-preview");
  const ask = async (url: string) => (await stack.lvs("client", "--", "curl", "-sk", "-m", "3", url)).stdout.trim();
  afterAll(() => stack.remove());

  test("come up as they are: interface names, addresses, and stand-ins that say who they are", async () => {
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    expect(status, stderr).toBe(0);
    await expect.poll(() => stack.on("lb1", "ip -brief address show"), { timeout: 20_000 }).toContain("192.0.2.100/24");
    expect(await stack.on("lb1", "ip -brief link show | cut -d ' ' -f 1")).toBe("lo\nlvs-lab\nens192\neth1\n");
    expect(await stack.on("lb1", "cat /etc/keepalived/keepalived.conf")).toBe(
      readFileSync(join(folder, "lb1.conf"), "utf8"),
    );
    await expect.poll(() => ask("https://192.0.2.100/"), { timeout: 20_000 }).toBe("real3");
    const answers = [await ask("http://192.0.2.100/"), await ask("http://192.0.2.100/")];
    expect(answers.sort()).toEqual(["real1", "real2"]);
  });

  test("a second `up` changes nothing; what a hand changes shows as drift, and `up` mends it", async () => {
    expect(changed((await up()).stdout)).toEqual([]);
    await stack.on("lb1", "echo '# x' >>/etc/keepalived/keepalived.conf; echo y >/etc/keepalived/y.conf");
    await stack.on("lb2", "ip address delete 192.0.2.12/24 dev ens192");
    const seen = ["lb1-keepalived", "lb2-interfaces"];
    expect(changed((await stack.pulumi("refresh", "--yes", "--skip-preview")).stdout)).toEqual(seen);
    expect(changed((await up()).stdout)).toEqual(seen);
    expect(await stack.on("lb1", "ls /etc/keepalived")).toBe("keepalived.conf\nkeepalived.conf.sample\n");
    expect(changed((await up()).stdout)).toEqual([]);
  });

  test("a file that is changed in the folder changes on its director, and nowhere else", async () => {
    const file = join(folder, "lb2.conf");
    writeFileSync(file, readFileSync(file, "utf8").replace("priority 100", "priority 99"));
    expect(changed((await up()).stdout)).toEqual(["lb2-keepalived"]);
  });

  test("`run` breaks the master and a real server, and holds them against what is promised", async () => {
    const words = ["--only", "crash", "--only", "refuse", "--keep", "--junit", "--report", stack.reports];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", folder, ...words);
    expect(stdout, stderr).toMatch(/^✓ {2}crash .* 2613 to 3613 ms /m);
    // Of the real servers behind port 80 each has a health check of its own kind: HTTP_GET, which tries again after 3 s, and TCP_CHECK, after 1 s.
    expect(stdout).toMatch(/^✓ {2}refuse real1 .* out in 3 to 6 s +out after [\d.]+ s/m);
    expect(stdout).toMatch(/^✓ {2}refuse real2 .* out in 1 to 4 s +out after [\d.]+ s/m);
    expect(status, stdout).toBe(0);
    expect(readFileSync(join(stack.reports, "junit.xml"), "utf8").match(/<testsuite /g)).toHaveLength(3);
  });

  test("`down` leaves nothing", async () => {
    expect((await stack.lvs("down")).status).toBe(0);
    expect(existsSync(stack.directory)).toBe(false);
  });
});

describe("what lint says of LVS is seen on machines", () => {
  const stack = new TestStack("rehearse-lint");
  const folder = ours("lint");
  afterAll(() => stack.remove());

  /** Puts a case of lint on two directors: those that it has not are there, and do nothing. */
  async function put(
    rule: string,
    kind: "found" | "fine",
    { standIns = ["11", "12", "13"], plan = planWith(standIns), upFails }: MachineEffect,
  ): Promise<void> {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    cpSync(join(projectRoot, "test/unit/rehearse/lint", rule, kind), folder, { recursive: true });
    for (const file of readdirSync(folder)) if (/^lb[3-9]\.conf$/.test(file)) rmSync(join(folder, file));
    for (const name of ["lb1", "lb2"])
      if (!existsSync(join(folder, `${name}.conf`))) writeFileSync(join(folder, `${name}.conf`), idle);
    writeFileSync(join(folder, "rehearsal.yaml"), plan);
    const { status, stderr } = await stack.lvs("rehearse up", folder);
    if (upFails === kind) expect(stderr).toContain("running: wanted true, found false");
    else expect(status, stderr).toBe(0);
  }

  describe.each(Object.entries(machineEffects))("%s", (rule, effect) => {
    test.each(["found", "fine"] as const)("%s", async (kind) => {
      await put(rule, kind, effect);
      try {
        await effect.act?.(stack);
        await delay(effect.seconds * 1000);
        expect(await effect.look(stack)).toEqual(effect[kind]);
      } finally {
        await effect.undo?.(stack);
      }
    });
  });
});

/** A director that does nothing. */
const idle = `vrrp_instance IDLE {
    state BACKUP
    interface eth0
    virtual_router_id 250
    virtual_ipaddress {
        10.0.0.200/24
    }
}
`;

const planWith = (standIns: readonly string[]): string =>
  twoNetworks(
    "10.0.0",
    "192.0.2",
    standIns.map((last) => `{ name: real${last}, network: net1, addresses: [10.0.0.${last}] }`),
  );
