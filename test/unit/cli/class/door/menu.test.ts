import { expect, it } from "vitest";
import { serve } from "../../../../../cli/class/door/menu.ts";
import { Classroom } from "../a-lvs-lab.ts";

type Place = Parameters<typeof serve>[0];

/** A student's session that asks for one command; its terminal keeps what is shown. */
async function asked(command: string) {
  const room = await Classroom.make({ "net1.alice": { status: 1, stdout: "printed" } });
  const [member] = (await room.with(["alice"])).members;
  let shown = "";
  const show = (text: string): boolean => {
    shown += text;
    return true;
  };
  const gone = new AbortController().signal;
  const status = await serve({
    ...{ member, hello: { token: "", command }, labs: {}, run: room.tools.run, running: new Set(), log: () => {} },
    terminal: {
      ...{ gone, write: show, writeError: show },
      interruptible: (work: (signal: AbortSignal) => Promise<unknown>) => work(gone),
    },
  } as unknown as Place);
  return { status, shown, runs: await room.runs() };
}

it.each([
  ["guide", "guide --once --stack net1.alice"],
  ["grade", "grade --stack net1.alice"],
  ["status", "status --stack net1.alice"],
])("%s runs a command that ends without a terminal, for the student's own stack", async (word, run) => {
  const { status, shown, runs } = await asked(word);
  expect({ status, shown }).toEqual({ status: 1, shown: "printed\n" });
  expect(runs).toContain(run);
});

it("words behind a command reach no command line", async () => {
  const { status, shown, runs } = await asked("guide --solve");
  expect({ status, shown, runs }).toEqual({ status: 2, shown: "guide stands alone: write `guide`.\n", runs: [] });
});
