import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { $ } from "zx";
import { labDirectory, projectRoot } from "../../provision/paths.ts";
import type { Grade } from "../../verify/grade/grade.ts";
import { buildCloudImage } from "../examples/cloud-image/build.ts";
import { forget, serveImage } from "../examples/cloud-image/serve.ts";
import { Host } from "./host.ts";
import { lvsLab, working as lvsLabWorking, startLvsLab } from "./lvs-lab.ts";
import { SshWays } from "./ssh-way.ts";

/** A lab on another machine: a system of its own that an ordinary user's ssh leads to. The tests are one story. */
const minutes = 60_000;
const STACK = "elsewhere";
const EXERCISE = "exercise-elsewhere";
const IMAGE = "image-elsewhere";
const REHEARSAL = "rehearse-elsewhere";

let host: Host;
let scratch: string;
let ways: SshWays;

beforeAll(async () => {
  host = await Host.boot("remote", { suite: "trixie" });
  scratch = await mkdtemp(join(tmpdir(), "lr-"));
  ways = await SshWays.open(scratch);
  await ways.to("box", host);
});
afterAll(async () => {
  for (const stack of [STACK, EXERCISE, IMAGE, REHEARSAL]) {
    await lvsLab(["down", "-s", stack, "--force"]);
    await rm(join(projectRoot, `Pulumi.${stack}.yaml`), { force: true });
  }
  ways.close();
  await rm(scratch, { recursive: true });
  await host.end();
});

const working = async (verb: string, ...words: string[]): Promise<string> =>
  (await lvsLabWorking([verb, "-s", STACK, ...words])).output;

/** How many run. libvirt asks a QEMU without a guest what it can do. */
const guests = async (): Promise<number> =>
  Number((await host.asRoot("pgrep -cfu bob 'qemu-system.* -name guest=' || true")).stdout);

/** Makes a stack of which the lab is to be on the other machine. `lab`: its lab file; a rehearsal has none. */
async function onBox(stack: string, lab?: string): Promise<void> {
  const pulumi = $({ quiet: true, cwd: projectRoot });
  await pulumi`pulumi stack select --create ${stack}`;
  await pulumi`pulumi config set host ssh://box --stack ${stack}`;
  if (lab !== undefined) await pulumi`pulumi config set lab ${lab} --stack ${stack}`;
}

async function expectNothingLeft(stack: string): Promise<void> {
  expect(existsSync(labDirectory(stack))).toBe(false);
  expect(await readdir(join(host.root, "home/bob/.local/state/lvs-lab/labs"))).toEqual([]);
  expect(await guests()).toBe(0);
  expect((await host.asRoot("pgrep -lu bob 'libvirtd|nginx|socat|bash' || true")).stdout).toBe("");
}

describe("a lab on another machine", () => {
  it("whose connection is cut in the middle of `up` goes on there, and the next `up` finishes", {
    timeout: 25 * minutes,
  }, async () => {
    await onBox(STACK, "labs/ha-baked.yaml");
    const broken = startLvsLab(["up", "-s", STACK]).said;
    // Cut while domains are made: once all four run, `up` waits for logins, tries them again, and succeeds in spite of a cut.
    for (let done = false; !done && (await guests()) === 0; await sleep(50))
      void broken.then(() => {
        done = true;
      });
    await host.asRoot("pkill -KILL -u bob sshd");
    const { status, output } = await broken;
    expect(status, output).not.toBe(0);
    expect(output).toMatch(/ssh:\/\/box|libvirt|connection/i);
    expect(await guests()).toBeGreaterThan(0);
    expect(await working("up")).toContain("The lab is up.");
  });

  it("is checked, looked into, and measured", { timeout: 15 * minutes }, async () => {
    expect(await working("check")).toContain("0 failed");
    expect(await working("ssh", "server1", "--", "hostname")).toContain("server1");
    expect(await working("logs", "server1", "--console")).toContain("login:");
    await working("snapshot", "before");
    const measured = await working("failover");
    expect(measured).toMatch(/^ {2}outage +\d+ ± \d+ ms$/m);
    expect(measured).not.toContain("✗");
    await working("restore", "before");
    expect(await working("check")).toContain("0 failed");
  });

  it("has its faults and scenarios: a stranger on its segment, a cable, a frozen director, a full disk", {
    timeout: 20 * minutes,
  }, async () => {
    const scenarios = ["rogue-router", "link-down", "director-frozen", "disk-full", "port-rejected"];
    const { output } = await lvsLabWorking(["scenario", "run", "-s", STACK, ...scenarios]);
    expect(output).not.toContain("✗");
    expect(await working("check", "--wait", "180")).toContain("0 failed");
    const file = join(scratch, "vrrp.pcap");
    await working("capture", "--seconds", "5", "--write", file, "--filter", "vrrp");
    expect((await stat(file)).size).toBeGreaterThan(100); // a pcap file without a packet has 24 bytes
  });

  it("is taken down with nothing left on either machine", { timeout: 5 * minutes }, async () => {
    await working("down");
    await expectNothingLeft(STACK);
  });
});

describe("an exercise on another machine", () => {
  it("is typed there by the guide, step by step, and has full marks", { timeout: 60 * minutes }, async () => {
    await onBox(EXERCISE, "labs/bare.yaml");
    await lvsLabWorking(["up", "-s", EXERCISE]);
    const { stdout } = await lvsLabWorking(["guide", "-s", EXERCISE, "--solve"]);
    expect(stdout).toMatch(/^✓ all/m);
    const graded = await lvsLabWorking(["grade", "-s", EXERCISE, "--faults", "--json"]);
    const { score } = JSON.parse(graded.stdout) as Grade;
    expect(score.points, graded.output).toBe(score.of);
    await lvsLabWorking(["down", "-s", EXERCISE]);
    await expectNothingLeft(EXERCISE);
  });
});

describe("a lab on another machine whose image has a URL", () => {
  it("is downloaded here, and its servers boot from it there", { timeout: 60 * minutes }, async () => {
    const image = await buildCloudImage();
    await forget(image); // of a run that was killed
    onTestFinished(() => forget(image));
    const served = await serveImage(image.file);
    try {
      const lab = parse(await readFile(join(projectRoot, "labs/dr.yaml"), "utf8"));
      const file = join(scratch, "image.yaml");
      await writeFile(file, stringify({ ...lab, image: { url: served.url, checksum: image.checksum } }));
      await onBox(IMAGE, file);
      await lvsLabWorking(["up", "-s", IMAGE]);
      expect(served.requests).toBe(1);
    } finally {
      served.close();
    }
    const { stdout } = await lvsLabWorking(["ssh", "-s", IMAGE, "server2", "--", "cat /proc/cmdline"]);
    expect(stdout).toContain("root=LABEL=cloudimg-root");
    expect((await lvsLabWorking(["check", "-s", IMAGE, "--wait", "60"])).output).toContain("0 failed");
    expect((await lvsLabWorking(["up", "-s", IMAGE])).output).toMatch(/Resources:\n +\d+ unchanged\n/);
    await lvsLabWorking(["down", "-s", IMAGE]);
    await expectNothingLeft(IMAGE);
  });
});

describe("a rehearsal on another machine", () => {
  it("has its directors and stand-ins there, keeps its promises, and is taken away", {
    timeout: 20 * minutes,
  }, async () => {
    await onBox(REHEARSAL);
    const words = ["--only", "crash", "refuse", "--report", join(scratch, "reports")];
    const { output, stdout } = await lvsLabWorking([
      "rehearse",
      "run",
      "rehearsals/web-pair",
      "-s",
      REHEARSAL,
      ...words,
    ]);
    expect(stdout, output).toMatch(/^✓ {2}crash /m);
    expect(stdout).toMatch(/^✓ {2}refuse real1 /m);
    await expectNothingLeft(REHEARSAL);
  });
});
