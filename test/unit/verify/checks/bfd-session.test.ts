import { describe, expect, it } from "vitest";
import { bfdSession } from "../../../../verify/checks/bfd-session.ts";
import { bfdState } from "../../../../verify/live/bfd-state.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";
import { bfdDataOf } from "../bfd-data.ts";
import { RUNS } from "./seeing.ts";

const live = await aLiveLab("bfd");

/** What the check sees on server1 whose BFD process tells this; status 1: there is none. */
async function looked(output: string, status = 0, runs = true) {
  const view = new RecordedView(live, (_, command) =>
    command.startsWith("pgrep") ? { output: runs ? RUNS : "", status: 0 } : { output, status },
  );
  return await bfdSession.look(view, { host: "server1" });
}

describe("bfd-session", () => {
  it("is about each director, and about no lab without such a session", async () => {
    expect(bfdSession.subjects(live.lab)).toEqual([{ host: "server1" }, { host: "server4" }]);
    expect(bfdSession.appliesTo(live.lab)).toBe(true);
    expect(bfdSession.appliesTo((await aLiveLab("ha")).lab)).toBe(false);
  });

  it("passes where the session is up and both ends have agreed on the lab's times, whatever its name", async () => {
    expect(await looked(bfdDataOf({ name: "witness" }))).toEqual({
      passed: true,
      seen: "172.25.254.11 to 172.25.254.12: Up, a loss is noticed after 500 ms",
      started: true,
    });
  });

  it.each([
    ["is down", bfdDataOf({ state: "Down" }), "172.25.254.11 to 172.25.254.12: Down"],
    [
      "notices a loss later, for the other end sends less often",
      bfdDataOf({ detectionTime: 1500 }),
      "172.25.254.11 to 172.25.254.12: Up, a loss is noticed after 1500 ms",
    ],
    [
      "is one with another server",
      bfdDataOf({ neighbor: "172.25.254.13" }),
      "172.25.254.11 to 172.25.254.13: Up, a loss is noticed after 500 ms",
    ],
    [
      "is not the only one",
      bfdDataOf({}, { name: "more", neighbor: "172.25.254.13", state: "Down" }),
      "172.25.254.11 to 172.25.254.12: Up, a loss is noticed after 500 ms; 172.25.254.11 to 172.25.254.13: Down",
    ],
  ])("fails where the session %s", async (_, text, seen) => {
    expect(await looked(text)).toEqual({ passed: false, seen, started: true });
  });

  it("fails where no BFD process answers, and has not begun where no keepalived runs", async () => {
    expect(await looked("", 1)).toEqual({ passed: false, seen: "no BFD process tells its state", started: true });
    expect((await looked("", 1, false)).started).toBe(false);
  });

  it("has the process write its state anew, and waits until all of it is there", async () => {
    const asked: string[] = [];
    await bfdState(
      new RecordedView(live, (_, command) => {
        asked.push(command);
        return { output: bfdDataOf(), status: 0 };
      }),
      "server1",
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/pid=\$\(cat \/run\/bfd\.pid\).*rm -f "\$file".*--signum=DATA/s);
  });
});
