import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type HealthCheck, toIp, type VirtualService } from "../../../../lab/index.ts";
import { realServerDown } from "../../../../verify/checks/real-server-down.ts";
import { sorryServer, victimsOf } from "../../../../verify/checks/sorry-server.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { serviceOf, withService } from "../other-labs.ts";

const state = await mkdtemp(join(tmpdir(), "lvs-lab-sorry-"));
afterAll(() => rm(state, { recursive: true }));

/** Timers as short as a lab file allows, for a check that waits by them. */
const healthCheck: HealthCheck = { type: "tcp", delayLoop: 1, connectTimeout: 1, delayBeforeRetry: 1 };
const sorry: VirtualService["sorryServer"] = { address: toIp("127.0.0.1"), port: 80, page: "Sorry\n" };

const { lab } = await aLiveLab("ha");
const service: VirtualService = { ...serviceOf(lab), healthCheck, sorryServer: sorry };

const refused: Answer = { output: "curl: (7) Failed to connect\n", status: 7 };

/** What the client gets while these real servers run, in turn. */
interface Behaviour {
  readonly quorum?: number;
  /** By how many of the two real servers run. */
  readonly pages: Readonly<Record<0 | 1 | 2, readonly Answer[]>>;
}

async function looked({ quorum, pages }: Behaviour) {
  const of = { ...service, ...(quorum === undefined ? {} : { quorum }) };
  const live = {
    ...(await aLiveLab("ha")),
    lab: withService(lab, of),
    host: { kind: "private" as const, directory: await mkdtemp(join(state, "lab-")) },
  };
  const stopped = new Set<string>();
  const done: string[] = [];
  let asked = 0;
  const view = new RecordedView(live, (where, command) => {
    if (where === "client") {
      const answers = pages[(2 - stopped.size) as 0 | 1 | 2];
      return answers[asked++ % answers.length] ?? "";
    }
    const [, verb] = /systemctl (stop|start)/.exec(command) ?? [];
    if (verb) done.push(`${verb} ${where}`);
    if (verb === "stop") stopped.add(where);
    if (verb === "start") stopped.delete(where);
    return "";
  });
  const [subject] = sorryServer.subjects(live.lab);
  if (!subject) throw new Error("no subject");
  return { ...(await sorryServer.look(view, subject)), done };
}

const well = { 2: ["server2\n", "server3\n"], 1: ["server3\n"], 0: ["Sorry\n"] } as const;
const bothMended = ["stop server2", "stop server3", "start server3", "start server2"];

describe.concurrent("sorry-server", () => {
  it("passes where its page comes when all real servers are stopped, and goes when they are back", async () => {
    const { passed, seen, done } = await looked({ pages: well });
    expect({ passed, done }).toEqual({ passed: true, done: bothMended });
    expect(seen).toMatch(
      /^the sorry server's page after .* s; 0 of 20 requests got something else; a real server again after/,
    );
  });

  it("stops no more than the quorum's loss takes", async () => {
    const pages = { ...well, 1: ["Sorry\n"] };
    expect(await looked({ quorum: 2, pages })).toMatchObject({ passed: true, done: ["stop server2", "start server2"] });
  });

  it.each<[string, Behaviour["pages"], RegExp]>([
    ["nobody answers", { ...well, 0: [refused] }, /^the sorry server's page did not come; a real server again/],
    ["the page is another", { ...well, 0: ["server2\n"] }, /^the sorry server's page did not come/],
    ["some requests fail", { ...well, 0: ["Sorry\n", refused] }, /1\d of 20 requests got something else|10 of 20/],
    [
      "it always answers",
      { ...well, 2: ["Sorry\n"] },
      /^the sorry server answered while all were well; .*did not come back$/,
    ],
  ])("fails where %s, and starts the web servers again", async (_, pages, words) => {
    const { passed, seen, done } = await looked({ pages });
    expect({ passed, done }).toEqual({ passed: false, done: bothMended });
    expect(seen).toMatch(words);
  });
});

describe("those that are stopped", () => {
  const names = (change: Partial<VirtualService>, weights: readonly number[] = [1, 1]) =>
    victimsOf({
      ...service,
      ...change,
      realServers: service.realServers.map((real, index) => ({ ...real, weight: weights[index] ?? 0 })),
    }).map(({ server }) => server);

  it("are all, where one is enough for the quorum", () => expect(names({})).toEqual(["server2", "server3"]));
  it("are as few as take the weights below the quorum", () => expect(names({ quorum: 2 })).toEqual(["server2"]));
  it("are as few as take them below it by its hysteresis", () =>
    expect(names({ quorum: 3, hysteresis: 1 }, [1, 3])).toEqual(["server2", "server3"]));
  it("count by their weights", () => expect(names({ quorum: 3 }, [3, 1])).toEqual(["server2"]));
  it("have a weight", () => expect(names({}, [0, 1])).toEqual(["server3"]));
});

it("is only for services with a sorry server", () => {
  expect(sorryServer.appliesTo(lab)).toBe(false);
  expect(sorryServer.subjects(withService(lab, service))).toHaveLength(1);
  const pinged = withService(lab, { ...service, healthCheck: { ...healthCheck, type: "ping" } });
  expect(sorryServer.appliesTo(pinged)).toBe(false);
  // Which has another way to see that a ping fails.
  expect(realServerDown.subjects(pinged)).toHaveLength(1);
});
