import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { $ } from "zx";
import { formatBytes } from "../../cli/log-sources.ts";
import { cacheRoot, labDirectory, projectRoot } from "../../provision/paths.ts";

const program = join(projectRoot, "cli/lvs-lab");
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

/** The logs of a lab whose `up` failed: Pulumi knows nothing of it. */
const logs = {
  "log/init.log": "init said this\n",
  "log/virtualize.out": "libvirtd said this\n",
  "log/packages.log": "",
  "log/capabilities.xml": "<no log/>\n",
  "log/qemu/server1.log": "/usr/bin/qemu-system-x86_64\n",
  "log/qemu/server1.console.log": numbered(60),
  "log/qemu/server1.console.console.log": "a server may be called so\n",
  "transcripts/server1.log": "# a transcript\n",
  "transcripts/resources.log": "2026-11-26T14:12:40.904Z create LabHost host 2246 ms\n",
};

let state: string;
let directory: string;
let env: Record<string, string | undefined>;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-lab-logs-"));
  vi.stubEnv("LVS_LAB_STATE", state);
  directory = labDirectory("failed");
  for (const [name, content] of Object.entries(logs)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  const given = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  env = { ...Object.fromEntries(given), HOME: state, LVS_LAB_CACHE: cacheRoot(), LVS_LAB_STACK: "failed" };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

async function lvsLogs(...args: string[]) {
  const { exitCode, stdout, stderr } = await $({
    ...{ cwd: projectRoot, env, nothrow: true, quiet: true },
  })`${program} logs ${args}`;
  return { status: exitCode, stdout, stderr };
}

// Each run starts a Node of its own.
describe.concurrent("lvs-lab logs, of a lab whose `up` failed,", () => {
  it("lists the logs, how each is asked for, how long it is and where", async () => {
    const { status, stdout, stderr } = await lvsLogs();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const rows = stdout
      .split("\n")
      .slice(2, -1)
      .map((row) => row.replaceAll(/ {2,}/g, " | "));
    expect(rows).toEqual([
      "server1 | its journal, over SSH",
      `server1 --console | 471 B | ${directory}/log/qemu/server1.console.log`,
      `server1 --transcript | 15 B | ${directory}/transcripts/server1.log`,
      `server1 --qemu | 28 B | ${directory}/log/qemu/server1.log`,
      "server1.console | its journal, over SSH",
      `server1.console --console | 26 B | ${directory}/log/qemu/server1.console.console.log`,
      `--resources | 53 B | ${directory}/transcripts/resources.log`,
      `--host | 15 B | ${directory}/log/init.log`,
      `--host | 0 B | ${directory}/log/packages.log`,
      `--host | 19 B | ${directory}/log/virtualize.out`,
    ]);
  });

  it.each([
    ["the console's last 50 lines", ["server1", "--console"], numbered(60).split("\n").slice(10).join("\n")],
    ["the console's last lines, as many as asked for", ["server1", "--console", "-n", "2"], "line 59\nline 60\n"],
    ["the transcript", ["server1", "--transcript"], logs["transcripts/server1.log"]],
    ["QEMU's", ["server1", "--qemu"], logs["log/qemu/server1.log"]],
    ["what became of resources", ["--resources"], logs["transcripts/resources.log"]],
  ])("shows %s", async (_what, args, expected) => {
    expect(await lvsLogs(...args)).toEqual({ status: 0, stdout: expected, stderr: "" });
  });

  it("shows the lab host's logs one after another, those with nothing in them left out", async () => {
    const { status, stdout } = await lvsLogs("--host");
    expect(status).toBe(0);
    expect(stdout).toBe(
      `==> ${directory}/log/init.log <==\ninit said this\n\n==> ${directory}/log/virtualize.out <==\nlibvirtd said this\n`,
    );
  });

  it.each([
    ["the journal", ["server1"], 6, /there is no stack "failed".* The journal is read over SSH; .* in files\n$/],
    [
      "an unknown server",
      ["server9", "--qemu"],
      2,
      /no logs of a server "server9"; servers with logs: server1, server1/,
    ],
    ["a log that is not there yet", ["server1.console", "--qemu"], 1, /there is no log of that kind in \S+ yet/],
    ["a server's log of no server", ["--console"], 2, /--console is a log of a server\. Fix: name one\./],
    ["a service of no server", ["--unit", "x"], 2, /--unit selects from a server's journal\. Fix: name a server\./],
    [
      "the lab's log of a server",
      ["server1", "--host"],
      2,
      /--host is a log of the lab, not of a server\. Fix: leave out "server1"\./,
    ],
    ["nothing to follow", ["--follow"], 2, /--follow needs a log\. Fix: /],
    ["two logs", ["server1", "--qemu", "--console"], 2, /cannot be used with option/],
    ["a service's console", ["server1", "--unit", "x", "--console"], 2, /cannot be used with option/],
    ["no lines", ["--host", "--lines", "0"], 2, /expected a whole number from 1/],
    ["a stack without a lab", ["-s", "nosuch"], 2, /the stack "nosuch" has no lab: .* Fix: `npm run up -- -s nosuch`/],
  ])("%s: an error with its remedy", async (_what, args, status, message) => {
    const result = await lvsLogs(...args);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(message);
  });

  it("--follow shows lines as they come, and Ctrl-C ends it in order", async () => {
    const file = join(labDirectory("followed"), "log/qemu/server1.console.log");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "there before\n");
    // Ctrl-C goes to all processes of the terminal's foreground group.
    const child = spawn(program, ["logs", "-s", "followed", "-f", "server1", "--console"], {
      cwd: projectRoot,
      env,
      detached: true,
    });
    child.stdout.setEncoding("utf8");
    expect((await once(child.stdout, "data"))[0]).toBe("there before\n");
    const more = once(child.stdout, "data");
    await appendFile(file, "come since\n");
    expect((await more)[0]).toBe("come since\n");
    process.kill(-(child.pid as number), "SIGINT");
    expect(await once(child, "close")).toEqual([0, null]);
  });
});

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [13_824, "13.5 KiB"],
  [1024 ** 2, "1.0 MiB"],
  [5 * 1024 ** 4, "5120.0 GiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
