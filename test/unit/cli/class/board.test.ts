import { expect, it, onTestFinished, vi } from "vitest";
import { Board, type Out } from "../../../../cli/class/board.ts";

const students = [
  { id: "alice", name: "Alice" },
  { id: "bob", name: "\u001b[31mBob" },
];
const words = { doing: "brings up", done: () => "up", failed: (error: unknown) => String(error) };

/** What a board wrote on a terminal or into a file. */
function aBoard(out: Partial<Out>): { board: Board<void>; written: string[] } {
  const written: string[] = [];
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  return { board: new Board<void>(students, { ...out, write: (text) => written.push(text) }, words), written };
}

it("on a terminal is drawn anew in its place, its times each second, and stays at the end", () => {
  const { board, written } = aBoard({ isTTY: true, columns: 60, rows: 24 });
  expect(written).toEqual(["· alice  Alice\n· bob    Bob\n0 of 2 done, 2 waiting\n"]);
  board.begun("alice");
  const back = "\u001b[3A\r\u001b[J";
  expect(written.at(-1)).toBe(
    `${back}… alice  Alice  brings up (0 s)\n· bob    Bob\n0 of 2 done, 1 running, 1 waiting\n`,
  );
  vi.advanceTimersByTime(2000);
  expect(written.at(-1)).toContain("brings up (2 s)");
  board.ended({ id: "alice", state: "done", value: undefined, ms: 64_000 });
  board.ended({ id: "bob", state: "failed", error: "no disk", ms: 3000 });
  board.end();
  expect(written.at(-1)).toBe(`${back}✓ alice  Alice  up (64 s)\n✗ bob    Bob    no disk\n1 of 2 done, 1 failed\n`);
  const count = written.length;
  vi.advanceTimersByTime(5000);
  expect(written).toHaveLength(count);
});

it("elsewhere is a line for each thing that happens, without control characters, and none for who never began", () => {
  const { board, written } = aBoard({});
  board.begun("alice");
  board.at("alice", "waits");
  board.ended({ id: "alice", state: "done", value: undefined, ms: 1000 });
  board.ended({ id: "bob", state: "left" });
  board.end();
  vi.advanceTimersByTime(5000);
  expect(written).toEqual(["alice: brings up\n", "alice: waits\n", "alice: up (1 s)\n", "1 of 2 done, 1 not begun\n"]);
});

it("on a terminal goes where what comes next says it all", () => {
  const { board, written } = aBoard({ isTTY: true, columns: 60, rows: 24 });
  board.end({ wiped: true });
  expect(written.at(-1)).toBe("\u001b[3A\r\u001b[J");
});
