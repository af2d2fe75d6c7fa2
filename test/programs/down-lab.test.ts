import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";
import { writeDownLab } from "./a-down-lab.ts";

const STACK = "down";
const program = join(projectRoot, "cli/lvs-lab");

let state: string;
let env: Record<string, string | undefined>;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-lab-down-"));
  await writeDownLab(state, STACK, "labs/bare.yaml");
  const given = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  env = {
    ...Object.fromEntries(given),
    HOME: state,
    LVS_LAB_CACHE: cacheRoot(),
    LVS_LAB_STATE: state,
    LVS_LAB_STACK: STACK,
  };
});
afterAll(() => rm(state, { recursive: true }));

const lvsLab = (...args: string[]) => lvsLabOn(STACK, ...args);

async function lvsLabOn(stack: string, ...args: string[]) {
  const { exitCode, stdout, stderr } = await $({
    cwd: projectRoot,
    env: { ...env, LVS_LAB_STACK: stack },
    nothrow: true,
    quiet: true,
  })`${program} ${args}`;
  return { status: exitCode, stdout, stderr };
}

// Each run starts a Node of its own, and gives each server three seconds.
describe.concurrent("a lab whose host is down", () => {
  it.each([
    ["failover", ["failover"], 2, /^lvs-lab: a failover needs two directors/],
    ["client", ["client", "--", "true"], 1, /^lvs-lab: the lab host in \S+ is not running; `pulumi up` starts it\n$/],
    ["a console without a terminal", ["console", "server1"], 2, /^lvs-lab: a console needs a terminal .*Fix: /],
    ["ssh-config", ["ssh-config"], 1, /^lvs-lab: the lab host in \S+ is not running/],
    [
      "a connection to an unknown server",
      ["connect", "server9"],
      2,
      /^lvs-lab: the lab has no server "server9"; it has server1, server2, server3\n$/,
    ],
    [
      "a connection to an address of no lab",
      ["connect", "-s", "nosuch", "172.25.254.11"],
      2,
      /^lvs-lab: the stack "nosuch" has no lab: \S+ is missing. Fix: `npm run up -- -s nosuch`\n$/,
    ],
    [
      "an unknown server of a check",
      ["check", "--server", "server1", "server9"],
      2,
      /^lvs-lab: there is no server server9; choose from server1, server2, server3, client\n$/,
    ],
    ["an unknown fault", ["fault", "inject", "pauze", "server1"], 2, /^lvs-lab: there is no fault "pauze"; there are /],
    [
      "a server that a fault cannot be put on",
      ["fault", "inject", "httpd-stop", "server1"],
      2,
      /^lvs-lab: httpd-stop does not apply to "server1"; in this lab it applies to server2, server3\n$/,
    ],
    [
      "a fault that only keepalived has",
      ["fault", "inject", "keepalived-stop", "server1"],
      2,
      /^lvs-lab: keepalived-stop applies to no server of this lab, which is run by ipvsadm\n$/,
    ],
    [
      "a parameter that a fault does not have",
      ["fault", "inject", "netem", "server2", "--set", "delayMs=5", "losPercent=5"],
      2,
      /^lvs-lab: netem: .*"losPercent".*; parameters: delayMs, jitterMs, lossPercent, duplicatePercent, reorderPercent\n$/,
    ],
    [
      "a parameter that is no number",
      ["fault", "inject", "netem", "server2", "--set", "delayMs=long"],
      2,
      /^lvs-lab: netem: delayMs: .*expected number/,
    ],
    [
      "a parameter without a value",
      ["fault", "inject", "netem", "server2", "--set", "delayMs"],
      2,
      /^lvs-lab: --set takes name=value, not "delayMs"\n$/,
    ],
    [
      "a scenario for another control",
      ["scenario", "run", "director-down"],
      2,
      /director-down\.yaml:\d+:\d+: control: expected what is in control of the lab/,
    ],
  ])("%s: the message alone, and the status that goes with it", async (_what, args, status, message) => {
    // Of commands that break something one at a time may run on a stack.
    const stack = `down-${args.join("-").replace(/\W/g, "")}`.slice(0, 40);
    await writeDownLab(state, stack, "labs/bare.yaml");
    const result = await lvsLabOn(stack, ...args);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(message);
  });

  it.each([
    ["a console", "console server1", 1, /^lvs-lab: the lab host in \S+ is not running/],
    ["a pcap file", "capture -w -", 2, /^lvs-lab: a pcap file is binary, and standard output is a terminal\. Fix: /],
    ["a capture", "capture --filter arp", 1, /^lvs-lab: the lab host in \S+ is not running/],
  ])("%s at a terminal", async (_what, words, status, message) => {
    const { exitCode, stdout } = await $({
      ...{ cwd: projectRoot, env, nothrow: true, quiet: true, input: "" },
    })`script --quiet --return --command ${`${program} ${words}`} /dev/null`;
    expect(exitCode).toBe(status);
    expect(stdout).toMatch(message);
  });

  it("check says why nothing can be seen, and what a person would type", async () => {
    const { status, stdout, stderr } = await lvsLab("check", "--only", "httpd-page");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(
      /^FAIL server2 .*\n {7}expected: "server2\\n", or another page that names server2 alone\n {7}seen: .*is not running.*\n {7}to see it by hand, on server2:\n {9}curl 172\.25\.254\.12\n {7}fix: It could not be checked/,
    );
    expect(stdout).toMatch(/\n0 checks passed, 2 failed\n$/);
  });

  it("check --json and --junit tell the same", async () => {
    const file = join(state, "check.xml");
    const { status, stdout } = await lvsLab(
      "check",
      "--json",
      "--junit",
      file,
      "--role",
      "real-server",
      "--server",
      "server3",
      "--only",
      "httpd-page",
      "arp-cure",
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "lvs-lab check",
      version: 2,
      lab: "bare",
      stack: STACK,
      setup: "manual",
      control: "ipvsadm",
      passed: false,
      checks: [
        { id: "httpd-page", subject: "server3", passed: false, byHand: ["curl 172.25.254.13"] },
        { id: "arp-cure", subject: "server3", passed: false },
      ],
    });
    const xml = await readFile(file, "utf8");
    expect(xml).toMatch(/<testsuite [^>]*tests="2"/);
    expect(xml.match(/<testcase /g)).toHaveLength(2);
    expect(xml.match(/<failure /g)).toHaveLength(2);
  });

  it("check --tap has a plan, also of nothing", async () => {
    expect((await lvsLab("check", "--tap", "--only", "httpd-page")).stdout).toMatch(
      /^TAP version 14\n1\.\.2\nnot ok 1 - /,
    );
    expect(await lvsLab("check", "--tap", "--only", "httpd-page", "--role", "client")).toEqual({
      status: 0,
      stdout: "TAP version 14\n1..0\n",
      stderr: "",
    });
  });

  it("check --watch tells what has changed and ends at Ctrl-C with the last look's status", async () => {
    const child = spawn(program, ["check", "--watch", "0.1", "--only", "arp-owner"], { cwd: projectRoot, env });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await once(child.stdout, "data");
    // It is at its tenth look by then, each of which sees the same.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill("SIGINT");
    const [status] = await once(child, "close");
    expect(status).toBe(1);
    expect(output.match(/^\S+Z FAIL client {3}arp-owner/gm)).toHaveLength(1);
  });

  it("grade gives no marks, and says why: a lab that is down is no work of a student's", async () => {
    const { status, stdout, stderr } = await lvsLab("grade", "--json");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^lvs-lab: the lab host in \S+ is not running; `pulumi up` starts it\n$/);
  });
});

it("a fault that could not be injected stays noted, for what came of it is to be healed", {
  timeout: 60_000,
}, async () => {
  const stack = "broken";
  await writeDownLab(state, stack, "labs/bare.yaml");
  const noted = () => readdir(join(state, "labs", stack, "faults"));
  const inject = await lvsLab("fault", "inject", "-s", stack, "disk-full", "server3");
  expect(inject).toMatchObject({ status: 9, stdout: "" });
  expect(inject.stderr).toMatch(/^lvs-lab: .*is not running/);
  expect(await noted()).toEqual(["disk-full@server3.json"]);

  const { status, stdout } = await lvsLab("fault", "status", "-s", stack, "--json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    format: "lvs-lab injected",
    stack,
    faults: [{ fault: "disk-full", server: "server3", there: null, seen: expect.stringContaining("is not running") }],
  });
  const text = await lvsLab("fault", "status", "-s", stack);
  expect(text.stdout).toMatch(/^disk-full on server3 since \S+: unknown \(.*is not running/);

  const heal = await lvsLab("heal", "-s", stack);
  expect(heal.status).toBe(1);
  expect(heal.stderr).toMatch(
    /^healing disk-full on server3\nlvs-lab: not everything could be healed: .*is not running/,
  );
  expect(await noted()).toEqual(["disk-full@server3.json"]);
});
