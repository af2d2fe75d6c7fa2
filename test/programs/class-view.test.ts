import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../provision/paths.ts";

let root: string;
let children: ChildProcess[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lvs-lab-view-cli-"));
  children = [];
  await writeFile(join(root, "roster.csv"), "id,name\nalice,Alice\nbob,Bob\n");
  await writeFile(join(root, "class.yaml"), "name: net1\nexercise: bare\nroster: roster.csv\n");
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(root, { recursive: true });
});

/** Runs `lvs-lab` in the class's folder. */
function lvsLab(...args: string[]) {
  const env = { ...process.env, LVS_LAB_STATE: join(root, "state") };
  const child = spawn(join(projectRoot, "cli/lvs-lab"), args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (said[name] += text));
  const ended = once(child, "close").then(([status]) => ({ status: status as number, ...said }));
  return { child, said, ended };
}

describe("lvs-lab class view", () => {
  it("prints one address, shows labs that are not there, and ends in order on Ctrl-C", async () => {
    const { child, said, ended } = lvsLab("class", "view");
    await expect.poll(() => said.stdout, { timeout: 30_000 }).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=\S+\n$/);
    const url = said.stdout.trim();
    expect((await fetch(new URL("/", url))).status).toBe(403);
    const opened = await fetch(url);
    expect(await opened.text()).toContain('<ol id="tiles"');
    const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
    const events = await fetch(new URL("/events", url), { headers: { cookie } });
    let text = "";
    for await (const chunk of events.body as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.split('"words":"no lab"').length > 2) break;
    }
    expect(text).toContain('"name":"Alice"');
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ status: 0, stdout: `${url}\n`, stderr: "Ctrl-C ends it.\n" });
  });

  it("tells of a port that is in use, of an address that is not there, and what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const [inUse, elsewhere, wrong] = await Promise.all([
      lvsLab("class", "view", "--port", String(port)).ended,
      lvsLab("class", "view", "--listen", "192.0.2.1").ended,
      lvsLab("class", "view", "--port", "70000").ended,
    ]);
    taken.close();
    expect(inUse).toMatchObject({ status: 1, stdout: "" });
    expect(inUse.stderr).toContain(`port ${port} of 127.0.0.1 is in use. Fix: leave out --port`);
    expect(elsewhere.stderr).toContain("192.0.2.1 is no address of this machine. Fix: ");
    expect(wrong).toMatchObject({ status: 2 });
  });

  it("warns where the page can be read on the network", async () => {
    const { child, said, ended } = lvsLab("class", "view", "--listen", "0.0.0.0");
    await expect.poll(() => said.stderr, { timeout: 30_000 }).toContain("can read the page and its token. Fix: ");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 0 });
  });
});

describe("lvs-lab help-me", () => {
  it("raises the hand of a lab that is there, with the words as they are, and lowers it", async () => {
    const none = await lvsLab("help-me", "-s", "net1.alice").ended;
    expect(none).toMatchObject({ status: 2 });
    expect(none.stderr).toContain('the stack "net1.alice" has no lab');
    await mkdir(join(root, "state/labs/net1.alice"), { recursive: true });
    const up = await lvsLab("help-me", "-s", "net1.alice", "why", "does curl", "hang?").ended;
    expect(up.status).toBe(0);
    expect(up.stdout).toMatch(
      /^Your hand is up since .*: why does curl hang\?\nTo lower it: npx lvs-lab help-me -s net1\.alice --done\n$/,
    );
    expect((await lvsLab("help-me", "-s", "net1.alice", "--done").ended).stdout).toBe("Your hand is down.\n");
    expect((await lvsLab("help-me", "-s", "net1.alice", "--done").ended).stdout).toBe("Your hand was not up.\n");
  });
});
