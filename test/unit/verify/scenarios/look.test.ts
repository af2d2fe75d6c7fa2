import { expect, it } from "vitest";
import type { Probe } from "../../../../verify/probe/index.ts";
import type { Expectation } from "../../../../verify/scenarios/expectations/index.ts";
import { lookAt, lookEveryMs } from "../../../../verify/scenarios/look.ts";
import { RecordedView } from "../a-live-lab.ts";
import { anObserved, asked, ha, timeout, times } from "./an-observed.ts";

const served: Expectation = { kind: "served", ms: 2000 };
const failed: Expectation = { kind: "failed", atMost: { count: 0 } };
const noTable: Expectation = { kind: "table", on: "server1", realServers: [], without: [] };

/** Looks while the client is served until a server was asked over SSH, or until requests that hang have ended. */
const lookWhileServiceEnds = async (...expectations: Expectation[]) => {
  let over = false;
  const end = () => {
    over = true;
    return "";
  };
  const probe = { requests: [], steady: () => !over, settled: async () => void end() };
  return await lookAt(expectations, { ...anObserved(), probe: probe as unknown as Probe }, new RecordedView(ha, end));
};

it.each([
  ["a server was asked", noTable],
  ["a request that hung has ended", failed],
])("what is known here is of the moment after %s, and told in the order of the step", async (_, slow) => {
  const look = await lookWhileServiceEnds(served, slow);
  expect(look.seen).toMatch(/^none has ended yet; (it has no such virtual service|0 of 0)/);
  expect(look.failing).toMatch(/^none has ended yet/);
});

it("what holds fails nothing, and needs no hint", async () => {
  expect(await lookWhileServiceEnds(served)).toEqual({ seen: "every one was", failing: null, hint: "" });
  const broken = { requests: asked([...times(99, "server2"), timeout]), now: 12_000 };
  const view = new RecordedView(ha, () => "");
  const look = await lookAt([noTable, failed], anObserved(broken), view);
  expect(look).toMatchObject({ failing: "1 of 100 (1.0 %)", hint: expect.stringContaining("report") });
  expect(look.seen).toBe("it has no such virtual service; 1 of 100 (1.0 %)");
});

it("a server is asked less often than the probe", () => {
  expect(lookEveryMs([served, failed])).toBeLessThan(lookEveryMs([served, noTable]));
});
