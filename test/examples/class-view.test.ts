/** A class of two on machines: its page follows what students do, and a broadcast reaches their terminals. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { $ } from "zx";
import { projectRoot } from "../../provision/paths.ts";
import type { Tile, ViewEvent } from "../../view/tile.ts";

const lvsLab = join(projectRoot, "cli/lvs-lab");
let root: string;
let view: ChildProcess;
/** The tiles as a page has them, by the students' ids. */
const tiles = new Map<string, Tile>();

const run = async (...args: string[]) => await $({ cwd: root, quiet: true, nothrow: true })`${lvsLab} ${args}`;
const must = async (...args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await run(...args);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: status ${exitCode}\n${stdout}${stderr}`);
  return stdout;
};
const seen = (id: string, look: (tile: Tile | undefined) => unknown, seconds = 240) =>
  expect.poll(() => look(tiles.get(id)), { timeout: seconds * 1000, interval: 200 });

/** Follows the view's events as its page does. */
async function follow(url: string): Promise<void> {
  const cookie = (await fetch(url)).headers.get("set-cookie")?.split(";")[0] ?? "";
  const events = await fetch(new URL("/events", url), { headers: { cookie } });
  let text = "";
  for await (const chunk of (events.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    const messages = (text + chunk).split("\n\n");
    text = messages.pop() ?? "";
    for (const [, data] of messages.flatMap((message) => [/^data: (.*)$/m.exec(message) ?? []]))
      for (const tile of data ? (JSON.parse(data) as ViewEvent).tiles : []) tiles.set(tile.student?.id ?? "", tile);
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lvs-lab-class-"));
  await writeFile(join(root, "roster.csv"), "id,name\nalice,Alice\nbob,Bob\n");
  await writeFile(join(root, "class.yaml"), "name: seen\nexercise: bare\nroster: roster.csv\nlabsAtOnce: 2\n");
  view = spawn(lvsLab, ["class", "view", "--every", "2"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [url] = (await once(view.stdout?.setEncoding("utf8") as NodeJS.ReadableStream, "data")) as [string];
  void follow(url.trim()).catch(() => {});
});
afterAll(async () => {
  const ended = once(view, "close");
  view.kill("SIGINT");
  const [status] = (await ended) as [number];
  await run("class", "down");
  for (const id of ["alice", "bob"]) {
    await $({ nothrow: true, quiet: true, cwd: projectRoot })`pulumi stack rm seen.${id} --yes --force`;
    await rm(join(projectRoot, `Pulumi.seen.${id}.yaml`), { force: true });
  }
  await rm(root, { recursive: true });
  expect(status).toBe(0);
});

test("labs that are not there come up before one's eyes", async () => {
  await seen("alice", (tile) => tile?.state).toBe("none");
  const up = must("class", "up");
  await seen("alice", (tile) => tile?.words).toBe("coming up");
  await up;
  for (const id of ["alice", "bob"]) await seen(id, (tile) => tile?.state).toBe("up");
  const { students } = JSON.parse((await run("class", "grade", "--json")).stdout);
  for (const { id, grade } of students) expect(tiles.get(id)?.score, id).toEqual(grade.score);
});

test("what a student types is seen: points, the VIP, a key in a terminal", async () => {
  const before = tiles.get("alice")?.score?.points ?? 0;
  await must("ssh", "-s", "seen.alice", "server1", "--", "ip address add 172.25.254.100/24 dev eth0");
  await seen("alice", (tile) => tile?.score?.points).toBeGreaterThan(before);
  expect(tiles.get("alice")?.vips[0]?.holders).toEqual(["server1"]);
  expect(tiles.get("alice")?.sign?.kind).toBe("change");
  expect(tiles.get("bob")?.score?.points).toBe(before);
});

test("a hand and a fault are seen at once, and a server that is off", async () => {
  await must("help-me", "-s", "seen.bob", "why", "does curl hang?");
  await seen("bob", (tile) => tile?.hand?.text, 1).toBe("why does curl hang?");
  await must("fault", "inject", "-s", "seen.bob", "power-off", "server3");
  await seen("bob", (tile) => tile?.faults[0]?.fault, 1).toBe("power-off");
  await seen("bob", (tile) => tile?.words).toBe("2 of 3 servers answer");
  await must("heal", "-s", "seen.bob");
  await seen("bob", (tile) => tile?.state).toBe("up");
});

test("a broadcast is on an open terminal and at later logins, and a key there is a sign of life", async () => {
  // script(1) gives ssh a terminal.
  const login = () => {
    const session = spawn("script", ["-qefc", `${lvsLab} ssh -s seen.bob server1`, "/dev/null"], { stdio: "pipe" });
    let shown = "";
    session.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
    return { session, shown: () => shown };
  };
  const first = login();
  await expect.poll(first.shown, { timeout: 60_000 }).toContain("server1:~#");
  const text = "it's $(touch /tmp/pwned) five `minutes` left";
  expect(await must("class", "broadcast", text)).toBe("");
  await expect.poll(first.shown, { timeout: 10_000 }).toContain(text);
  first.session.stdin.write("ls /tmp/pwned\n");
  await expect.poll(first.shown, { timeout: 10_000 }).toContain("No such file");
  await seen("bob", (tile) => tile?.sign?.kind).toBe("key");
  const second = login();
  await expect.poll(second.shown, { timeout: 60_000 }).toContain("server1:~#");
  expect(second.shown()).toContain(text);
  for (const { session } of [first, second]) session.stdin.end("exit\n");
});
