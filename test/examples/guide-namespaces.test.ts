/** The guide on network namespaces: what it sees of real interfaces, ARP caches and filters, while a real terminal is typed into. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ProgressFile } from "../../class/guide/progress-file.ts";
import { markOf } from "../../class/guide/state.ts";
import type { Step } from "../../class/guide/step.ts";
import { stepsOf } from "../../class/guide/steps/index.ts";
import { Looker, type Reach } from "../../cli/guide/looker.ts";
import { Pty } from "../../cli/guide/pty.ts";
import { solve } from "../../cli/guide/solve.ts";
import { type GuideRun, lookOnce } from "../../cli/guide/watch.ts";
import { type Lab, readLab } from "../../lab/index.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { parseSections, sectionScript } from "../../provision/ssh/index.ts";
import { type Check, type CheckResult, labelOf } from "../../verify/checks/check.ts";
import type { Subject } from "../../verify/checks/subjects.ts";
import { type NamespaceLab, namespaceLab } from "../integration/namespace-lab.ts";
import { aLiveLab } from "../unit/verify/a-live-lab.ts";

const state = await mkdtemp(join(tmpdir(), "lvs-lab-guide-"));
beforeAll(() => {
  vi.stubEnv("LVS_LAB_STATE", state);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

/** Those steps of the guide that need no package of a guest. */
const IDS = ["director-vip", "real-server-vip", "arp-problem", "arp-cure", "arp-owner"];

/** Reaches servers that are namespaces, as the guide reaches guests. */
function reachOf(hosts: NamespaceLab, lab: Lab, ran: string[]): Reach {
  const ask = async (host: string, questions: Readonly<Record<string, string>>) =>
    parseSections(Object.keys(questions), (await hosts.on(host, sectionScript(Object.values(questions)))).stdout);
  return {
    server: ask,
    client: (questions) => ask("client", questions),
    hangUp: async () => {},
    now: () => performance.now(),
    run: async (_live, check: Check, subject: Subject): Promise<CheckResult> => {
      ran.push(`${check.id}@${subject.host}`);
      const seen = await check.look(await hosts.view(), subject);
      return {
        ...{ id: check.id, title: check.title, subject: labelOf(lab, check, subject), host: subject.host, ms: 0 },
        ...{ expected: "", byHand: [], evidence: [], hint: check.hint(lab, subject) },
        ...seen,
      };
    },
  };
}

test("marks turn green one after the other as the solutions are typed, and the ARP problem is seen", {
  timeout: 240_000,
}, async (context) => {
  const bare = await readLab("labs/bare.yaml");
  const servers = bare.servers.map((one) =>
    one.role === "real-server" ? { ...one, arpCure: "sysctl" as const } : one,
  );
  const lab: Lab = { ...bare, servers };
  const hosts = await namespaceLab(lab, context);
  // Until then their addresses of IPv6 change by themselves: duplicate address detection, RFC 4862, section 5.4.
  for (const { name } of servers)
    await vi.waitUntil(async () => !(await hosts.must(name, "ip address show")).includes("tentative"), 20_000);
  const all = stepsOf({ lab, stack: "bare" }).filter(({ id }) => IDS.includes(id));
  // What needs packages is not typed: no apt-get, and no step that waits for such a step.
  const steps = all.map((step): Step => ({ ...step, needs: step.needs.filter((id) => IDS.includes(id)) }));
  expect(steps.map(({ id }) => id)).toEqual(IDS);
  const ran: string[] = [];
  const looker = new Looker({ ...(await aLiveLab("bare")), lab }, steps, { reach: reachOf(hosts, lab, ran) });
  const run: GuideRun = {
    ...{ stack: "bare", lab: "bare", steps, hintCost: 0, file: new ProgressFile("bare", "bare") },
    look: (progress) => looker.look(progress),
  };
  const green = async () => {
    const now = await lookOnce(run);
    return steps.filter((step) => markOf(now, step) === "reached").map(({ id }) => id);
  };
  expect(await green()).toEqual([]);

  // Nothing has changed: no check runs again.
  const before = ran.length;
  expect(await green()).toEqual([]);
  expect(ran.slice(before)).toEqual([]);

  const said: string[] = [];
  const greenAt: string[][] = [];
  await solve(run, {
    open: async (place) =>
      await Pty.open(
        spawn(
          "env",
          [
            "TERM=xterm",
            ...hosts.joined(place, ["script", "--quiet", "--return", "--command", "bash --norc", "/dev/null"]),
          ],
          {
            ...{ stdio: ["pipe", "pipe", "pipe"], env: labEnvironment() },
          },
        ),
        { seconds: 20 },
      ),
    deadlines: { prompt: 30, ownPrompt: 30, mark: 60 },
    say: (line) => {
      said.push(line);
      if (line.startsWith(">"))
        greenAt.push([...said.filter((one) => one.startsWith("✓")).map((one) => one.split(" ")[1] ?? "")]);
    },
    signal: new AbortController().signal,
    everyMs: 200,
  });
  const { steps: reached } = await run.file.read();
  const moments = IDS.map((id) => reached[id]?.reachedAt ?? "");
  expect(moments).not.toContain("");
  expect(moments).toEqual(moments.toSorted());
  expect(new Set(moments).size).toBe(IDS.length);
  expect(said).not.toContain("  It is reached before anything is typed.");
  expect(greenAt).toEqual(IDS.map((_, index) => IDS.slice(0, index)));

  // Half a cure is none: the level turns back, what was seen stays, and what the client sees follows.
  await hosts.must("server2", "sysctl -qw net.ipv4.conf.{all,eth0}.arp_ignore=0");
  expect(await green()).toEqual(["director-vip", "real-server-vip", "arp-problem"]);
  // A mend of one's own, another one than the solution, is accepted.
  await hosts.must("server2", "sysctl -qw net.ipv4.conf.eth0.arp_ignore=2");
  expect(await green()).toEqual(IDS);
});
