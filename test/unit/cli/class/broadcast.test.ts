import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { latestAnnouncement } from "../../../../class/announcement.ts";
import { broadcastScript, classBroadcast } from "../../../../cli/class/broadcast.ts";
import { labDirectory } from "../../../../provision/paths.ts";
import { closeConnections } from "../../../../provision/ssh/index.ts";
import { startSshServer } from "../../provision/ssh/ssh-server.ts";
import { aLiveLab } from "../../verify/a-live-lab.ts";
import { Classroom } from "./a-lvs-lab.ts";

let root: string;
let places: { terminals: string; note: string };
let sessions: ChildProcess[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lvs-lab-tty-"));
  places = { terminals: join(root, "pts"), note: join(root, "motd.d/lvs-lab") };
  sessions = [];
  await mkdir(places.terminals);
});
afterEach(async () => {
  await closeConnections();
  for (const session of sessions) session.kill("SIGKILL");
  await rm(root, { recursive: true });
});

/** A terminal with a program in it, as a session by SSH has one. @returns what it has shown */
async function aTerminal(number: number): Promise<() => string> {
  const session = spawn("script", ["--quiet", "--flush", "--command", "tty; exec cat", "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  sessions.push(session);
  let shown = "";
  session.stdout?.setEncoding("utf8").on("data", (text: string) => (shown += text));
  await once(session.stdout as NodeJS.ReadableStream, "data");
  await symlink(shown.trim(), join(places.terminals, String(number)));
  return () => shown;
}

const hostile = `it's $(touch ${"/tmp/pwned"}) \`id\` "%s" \\n <b>`;

describe("the script of a broadcast", () => {
  it("shows a line on every terminal and leaves a note, whatever the line has", async () => {
    const shown = [await aTerminal(0), await aTerminal(7)];
    const { stdout } = await promisify(execFile)("bash", ["-c", broadcastScript(hostile, places)]);
    expect(stdout).toBe("2\n");
    for (const terminal of shown) await expect.poll(terminal).toContain(`\u0007${hostile}\r`);
    expect(await readFile(places.note, "utf8")).toBe(`${hostile}\n`);
  });

  it("counts none where no terminal is open, and passes over what is no terminal", async () => {
    await mkdir(join(places.terminals, "3"));
    const { stdout } = await promisify(execFile)("bash", ["-c", broadcastScript("hello", places)]);
    expect(stdout).toBe("0\n");
  });
});

describe("class broadcast", () => {
  it("tells each student with a lab, says at how many terminals, and keeps the text for the page", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    await mkdir(labDirectory("net1.alice"), { recursive: true });
    const { ref } = await startSshServer();
    const live = { ...(await aLiveLab("bare")), servers: [ref] };
    const shown = await aTerminal(0);
    const now = new Date(2026, 0, 1, 14, 5);
    const text = "five\u001b[2J minutes\nleft";
    const status = await classBroadcast(all, all.members, room.tools, { text, open: async () => live, now, places });
    expect(status).toBe(1);
    await expect.poll(shown).toContain("\u0007To the class net1, 14:05: five minutes left\r");
    expect(room.said).toContainEqual(expect.stringMatching(/^alice: 1 on server1 \(\d+ s\)$/));
    expect(room.said.at(-1)).toBe("bob: no lab. Fix: npx lvs-lab class up");
    expect(await latestAnnouncement(all.directory)).toEqual({ text: "five minutes left", at: now.toISOString() });
  });

  it("tells some students nothing that everybody's page shows, and nothing at all without a text", async () => {
    const room = await Classroom.make();
    const all = await room.with(["alice", "bob"]);
    const open = () => aLiveLab("bare");
    await classBroadcast(all, all.members.slice(1), room.tools, { text: "for you", open });
    expect(await latestAnnouncement(all.directory)).toBeUndefined();
    await expect(classBroadcast(all, all.members, room.tools, { text: " \u0007 ", open })).rejects.toThrow(
      "there is no text. Fix: ",
    );
  });
});
