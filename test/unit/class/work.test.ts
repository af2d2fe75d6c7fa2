import { describe, expect, it } from "vitest";
import { cellsOf, tableOf } from "../../../class/table.ts";
import { type Job, MemoryError, type Outcome, runAll } from "../../../class/work.ts";

const GIB = 2 ** 30;

/** Jobs that end when they are told to, and what they did. */
class Stage {
  readonly said: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();
  readonly #controller = new AbortController();
  free = 100 * GIB;

  job(id: string, need?: number): Job<string> {
    return {
      id,
      ...(need === undefined ? {} : { need: () => need }),
      run: async (say) => {
        say(`${id} at work`);
        await new Promise<void>((resolve, reject) => {
          this.#ends.set(id, (error) => (error ? reject(error) : resolve()));
          this.#controller.signal.addEventListener("abort", () => reject(new Error("interrupted")));
        });
        return `${id}'s`;
      },
    };
  }

  run(jobs: readonly Job<string>[], atOnce: number, memoryIgnored = false): Promise<Outcome<string>[]> {
    return runAll(jobs, {
      ...{ atOnce, memoryIgnored, signal: this.#controller.signal, free: () => this.free },
      progress: {
        begun: (id) => this.said.push(`${id} begun`),
        at: () => {},
        ended: ({ id, state }) => this.said.push(`${id} ${state}`),
      },
    });
  }

  /** Lets a job end, and waits until what follows has happened. */
  async end(id: string, error?: Error): Promise<void> {
    this.#ends.get(id)?.(error);
    await settled();
  }

  async interrupt(): Promise<void> {
    this.#controller.abort();
    await settled();
  }
}
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
};

describe("work for all students", () => {
  it("is done by so many at once, in the roster's order", async () => {
    const stage = new Stage();
    const all = stage.run(
      ["a", "b", "c"].map((id) => stage.job(id)),
      2,
    );
    await settled();
    expect(stage.said).toEqual(["a begun", "b begun"]);
    await stage.end("b");
    expect(stage.said.slice(2)).toEqual(["b done", "c begun"]);
    await stage.end("a");
    await stage.end("c");
    expect((await all).map((outcome) => [outcome.id, outcome.state === "done" && outcome.value])).toEqual([
      ["a", "a's"],
      ["b", "b's"],
      ["c", "c's"],
    ]);
  });

  it("goes on after a failure, which stops nobody", async () => {
    const stage = new Stage();
    const all = stage.run(
      ["a", "b", "c"].map((id) => stage.job(id)),
      1,
    );
    await settled();
    await stage.end("a", new Error("broken"));
    await stage.end("b");
    await stage.end("c");
    expect((await all).map(({ state }) => state)).toEqual(["failed", "done", "done"]);
    expect((await all)[0]).toMatchObject({ error: new Error("broken") });
  });

  it("begins what fits into memory, counting what running ones have yet to take", async () => {
    const stage = new Stage();
    stage.free = 5 * GIB;
    const all = stage.run(
      ["a", "b", "c"].map((id) => stage.job(id, 2 * GIB)),
      3,
    );
    await settled();
    expect(stage.said).toEqual(["a begun", "b begun"]);
    stage.free = 3 * GIB; // a has taken its own
    await stage.end("a");
    expect(stage.said.slice(2)).toEqual(["a done"]);
    await stage.end("b");
    expect(stage.said.slice(3)).toEqual(["b done", "c begun"]);
    await stage.end("c");
    expect((await all).map(({ state }) => state)).toEqual(["done", "done", "done"]);
  });

  it("fails with figures where nothing runs any more and the next one does not fit; one that needs nothing is done", async () => {
    const stage = new Stage();
    stage.free = 1 * GIB;
    const all = stage.run([stage.job("a", 2.25 * GIB), stage.job("up", 0), stage.job("b", 2 * GIB)], 2);
    await settled();
    await stage.end("up");
    const [a, up, b] = await all;
    expect(a).toMatchObject({
      state: "failed",
      error: new MemoryError(
        "the lab needs 2.3 GiB of memory, and 1.0 GiB are free. Fix: take labs down, or give the exercise's servers less `memory`",
      ),
    });
    expect([up?.state, b?.state]).toEqual(["done", "failed"]);
  });

  it("does not look at memory where that is ignored", async () => {
    const stage = new Stage();
    stage.free = 0;
    const all = stage.run([stage.job("a", GIB)], 1, true);
    await settled();
    await stage.end("a");
    expect((await all).map(({ state }) => state)).toEqual(["done"]);
  });

  it("ends with those that run when it is interrupted; the others were never begun", async () => {
    const stage = new Stage();
    const all = stage.run(
      ["a", "b", "c"].map((id) => stage.job(id)),
      2,
    );
    await settled();
    await stage.end("a");
    await stage.interrupt();
    expect((await all).map(({ state }) => state)).toEqual(["done", "failed", "failed"]);
    const another = new Stage();
    await another.interrupt();
    expect((await another.run([another.job("a")], 1)).map(({ state }) => state)).toEqual(["left"]);
    expect(another.said).toEqual(["a left"]);
  });

  it("counts a need that cannot be looked up as that student's failure", async () => {
    const stage = new Stage();
    const need = () => {
      throw new Error("no /proc");
    };
    const all = stage.run([{ ...stage.job("a"), need }, stage.job("b")], 1);
    await settled();
    await stage.end("b");
    expect((await all).map(({ state }) => state)).toEqual(["failed", "done"]);
  });
});

describe("on several machines", () => {
  /** Where each job ran, in the order of their beginnings. */
  async function placed(
    jobs: readonly { id: string; machines: string[]; need?: number }[],
    free: Record<string, number | Error>,
    atOnce = 8,
  ) {
    const where: string[] = [];
    const lost: string[] = [];
    const asked: string[] = [];
    const begun: (() => void)[] = [];
    const all = runAll(
      jobs.map(({ id, machines, need = 2 * GIB }) => ({
        ...{ id, machines: () => machines, need: () => need },
        run: async (_say: unknown, machine: string) => {
          where.push(`${id} ${machine}`);
          await new Promise<void>((resolve) => begun.push(resolve));
        },
      })),
      {
        ...{ atOnce, signal: new AbortController().signal },
        progress: { begun: () => {}, at: () => {}, ended: () => {} },
        free: (machine) => {
          asked.push(machine);
          const room = free[machine] ?? 0;
          if (room instanceof Error) throw room;
          return room;
        },
        lost: (machine, error) => lost.push(`${machine}: ${(error as Error).message}`),
      },
    );
    const turns: string[][] = [];
    const over = all.then(() => true);
    for (;;) {
      await settled();
      turns.push(where.splice(0));
      const ended = begun.splice(0);
      if (ended.length === 0 && (await Promise.race([over, settled().then(() => false)]))) break;
      for (const end of ended) end();
    }
    return { turns: turns.filter((turn) => turn.length > 0), lost, asked, outcomes: await all };
  }
  const anywhere = ["private", "ssh://a", "ssh://b"];

  it("a job goes where there is most room beside what others have yet to take", async () => {
    const jobs = ["one", "two", "three", "four"].map((id) => ({ id, machines: anywhere }));
    const { turns } = await placed(jobs, { private: 4 * GIB, "ssh://a": 7 * GIB, "ssh://b": 5 * GIB });
    expect(turns).toEqual([["one ssh://a", "two ssh://a", "three ssh://b", "four private"]]);
  });

  it("one that has its place waits for that, and keeps nobody from another", async () => {
    const jobs = [
      { id: "one", machines: ["ssh://a"] },
      { id: "two", machines: ["ssh://a"] },
      { id: "three", machines: ["ssh://b"] },
    ];
    const { turns } = await placed(jobs, { "ssh://a": 3 * GIB, "ssh://b": 3 * GIB });
    expect(turns).toEqual([["one ssh://a", "three ssh://b"], ["two ssh://a"]]);
  });

  it("so many at once are on each machine", async () => {
    const jobs = ["one", "two", "three"].map((id) => ({ id, machines: ["private", "ssh://a"], need: 0 }));
    expect((await placed(jobs, {}, 1)).turns).toEqual([["one private", "two ssh://a"], ["three private"]]);
  });

  it("a machine that cannot be asked is left out, and named once; who has a lab there alone fails", async () => {
    const jobs = [
      { id: "one", machines: anywhere },
      { id: "two", machines: anywhere },
      { id: "three", machines: ["ssh://a"] },
    ];
    const { turns, lost, asked, outcomes } = await placed(jobs, {
      private: 9 * GIB,
      "ssh://a": new Error("no route"),
      "ssh://b": GIB,
    });
    expect(turns).toEqual([["one private", "two private"]]);
    expect(lost).toEqual(["ssh://a: no route"]);
    expect(asked.filter((machine) => machine === "ssh://a")).toHaveLength(1);
    expect(outcomes.map(({ state }) => state)).toEqual(["done", "done", "failed"]);
    expect(outcomes[2]).toMatchObject({ error: new Error("no route") });
  });

  it("where no machine has room, the one with the most is named", async () => {
    const { outcomes } = await placed([{ id: "one", machines: anywhere }], { private: 0, "ssh://b": GIB });
    expect(outcomes[0]).toMatchObject({
      error: new MemoryError(
        "the lab needs 2.0 GiB of memory, and 1.0 GiB are free on ssh://b. Fix: take labs down, or give the exercise's servers less `memory`",
      ),
    });
  });
});

describe("the table", () => {
  const row = (id: string, state: "waiting" | "running" | "done" | "failed" | "left", what = "") => ({
    ...{ id, name: `Name ${id}`, state, what },
    ...(state === "running" ? { since: 1000 } : {}),
  });

  it("has a row for each student, with the time of what runs, and the sum", () => {
    const rows = [
      row("alice", "done", "up (64 s)"),
      row("bob", "running", "brings up"),
      row("c", "failed", "no disk"),
      row("d", "waiting"),
    ];
    expect(tableOf(rows, { columns: 60, lines: 24, now: 96_400 })).toEqual([
      "✓ alice  Name alice  up (64 s)",
      "… bob    Name bob    brings up (1 min 35 s)",
      "✗ c      Name c      no disk",
      "· d      Name d",
      "1 of 4 done, 1 running, 1 waiting, 1 failed",
    ]);
  });

  it("fits into the terminal, and leaves out what is least urgent", () => {
    const rows = [
      ...Array.from({ length: 28 }, (_, index) => row(`s${index}`, index < 20 ? "done" : "waiting")),
      row("x", "failed", "y".repeat(200)),
      row("z", "running"),
    ];
    const table = tableOf(rows, { columns: 40, lines: 10, now: 1000 });
    expect(table.length).toBeLessThanOrEqual(9);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(40);
    expect(table.filter((line) => /^[✗…]/.test(line))).toHaveLength(2);
    expect(table.at(-2)).toBe("  and 23 more");
    expect(table.at(-1)).toBe("20 of 30 done, 1 running, 8 waiting, 1 …");
    expect(tableOf(rows, { columns: 0, lines: 1, now: 0 }).length).toBeLessThanOrEqual(3);
  });

  it("counts characters as wide as terminals show them", () => {
    expect(["Ann", "李小龍", "Rene\u0301", "한국어", "ＡＢ", "👩‍🏫", "Ж"].map(cellsOf)).toEqual([3, 6, 4, 6, 4, 2, 1]);
    const rows = ["Ann", "李小龍", "Rene\u0301"].map((name) => ({ ...row("a", "waiting", "x"), name }));
    for (const columns of [14, 9, 8, 7]) {
      const [...lines] = tableOf(rows, { columns, lines: 24, now: 0 }).slice(0, 3);
      for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns);
      if (columns === 14) expect(lines).toEqual(["· a  Ann     x", "· a  李小龍  x", "· a  Rene\u0301    x"]);
    }
  });
});
