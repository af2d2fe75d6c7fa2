import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { $ } from "zx";
import { onPath } from "../../bench/harness/on-path.ts";
import { cacheRoot, labDirectory, projectRoot } from "../../provision/paths.ts";
import { until } from "../../provision/until.ts";

const program = join(projectRoot, "cli/lvs-lab");

let scratch: string;
let env: Record<string, string | undefined>;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lvs-lab-tab-"));
  vi.stubEnv("LVS_LAB_STATE", scratch);
  for (const stack of ["mine", "$(touch pwned)"]) await mkdir(labDirectoryOf(stack), { recursive: true });
  const given = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|LVS_LAB_STACK$)/.test(name));
  env = {
    ...Object.fromEntries(given),
    ...{ HOME: scratch, XDG_CONFIG_HOME: scratch, XDG_DATA_HOME: scratch, LVS_LAB_CACHE: cacheRoot(), TERM: "dumb" },
  };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true });
});

/** A lab's folder, also under a name that no stack may have. */
const labDirectoryOf = (stack: string) => join(labDirectory("x"), "..", stack, "transcripts");

const lvsLab = async (...args: string[]) =>
  (await $({ cwd: projectRoot, env, quiet: true })`${program} ${args}`).stdout.split("\n").slice(0, -1);

describe("lvs-lab complete", () => {
  it("knows every command but the hidden ones", async () => {
    const names = (await lvsLab("complete", "--", "")).map((line) => line.split("\t")[0]);
    expect(names).toEqual(expect.arrayContaining(["up", "ssh-config", "console", "completion", "help"]));
    expect(names).not.toContain("complete");
    expect(names).not.toContain("connect");
  });

  it.each<[string, string[], string[]]>([
    ["lab files, stack files and labs", ["status", "-s", ""], ["bare", "dr", "ha", "mine"]],
    ["a lab file's servers", ["ssh", "-s", "dr", ""], ["server1", "server2", "server3"]],
    ["the default stack's servers", ["console", ""], ["server1", "server2", "server3", "server4"]],
    ["checks", ["check", "--only", "arp-o"], ["arp-owner"]],
    ["faults", ["fault", "inject", "httpd-h"], ["httpd-hang"]],
    ["where a fault can be put", ["fault", "inject", "netem", "s"], ["server1", "segment"]],
    ["scenarios and files", ["scenario", "run", "director-d"], ["director-down", ":files"]],
    ["folders", ["ci", "--report", ""], [":directories"]],
    ["labs by name, and files", ["explain", "nat"], ["nat", "nat-ha", ":files"]],
    ["the servers of the lab that is explained", ["explain", "nat-ha", ""], ["server1", "server4", "client"]],
    ["the servers of a lab file", ["explain", "labs/dr.yaml", "server"], ["server1", "server2", "server3"]],
    ["options", ["capture", "--f"], ["--filter"]],
    ["what is done with a class", ["class", ""], ["up", "status", "grade", "reset", "down", "exec"]],
    ["where marks go", ["class", "grade", "--csv", ""], [":files"]],
    ["the steps of a lab's guide", ["guide", "-s", "bare-ha", "--step", ""], ["peer-ssh", "director-down"]],
    ["the steps that have hints", ["guide", "-s", "bare", "--hints", "arp-"], ["arp-problem", "arp-cure", "arp-owner"]],
    ["files of steps", ["guide", "--own-step", ""], [":files"]],
  ])("knows %s", async (_what, words, expected) => {
    const values = (await lvsLab("complete", "--", ...words)).map((line) => line.split("\t")[0]);
    expect(values).toEqual(expect.arrayContaining(expected));
  });

  it("knows the students and servers of the class in the current directory, and none elsewhere", async () => {
    const teacher = await mkdtemp(join(scratch, "teacher-"));
    await writeFile(join(teacher, "roster.csv"), "id,name\nalice,A\nbob,B\n");
    await writeFile(join(teacher, "class.yaml"), "name: net1\nexercise: bare-ha\nroster: roster.csv\n");
    const at = async (cwd: string, ...words: string[]) =>
      (await $({ cwd, env, quiet: true })`${program} complete -- class ${words}`).stdout.split("\n").slice(0, -1);
    expect(await at(teacher, "reset", "")).toEqual(["alice", "bob"]);
    expect(await at(teacher, "up", "--student", "b")).toEqual(["bob"]);
    expect(await at(teacher, "exec", "--on", "")).toEqual(expect.arrayContaining(["server1", "server4", "client"]));
    expect(await at(scratch, "reset", "")).toEqual([]);
  });

  it("offers no name that a shell would run", async () => {
    expect((await lvsLab("complete", "--", "status", "-s", "")).join()).not.toContain("pwned");
  });

  it("knows no servers of an unknown stack, or of a path in the place of one", async () => {
    expect(await lvsLab("complete", "--", "ssh", "-s", "nosuch", "")).toEqual([]);
    expect(await lvsLab("complete", "--", "ssh", "-s", "../../etc", "")).toEqual([]);
    expect(await lvsLab("complete", "--", "explain", "nosuch", "")).toEqual([]);
  });
});

/** How each shell is started, bare and at a terminal, and what it is told before. */
const shells = {
  bash: { command: "bash --noprofile --norc -i", setUp: "" },
  zsh: {
    command: "zsh -f -i",
    // TAB alone would first expand the word, which runs what is in it: that is zsh's own doing.
    setUp: "autoload -Uz compinit && compinit -D -u; bindkey -e; bindkey '^I' complete-word\n",
  },
};

/** A real shell at a terminal, with the completion loaded. */
class Session {
  readonly #child: ChildProcess;
  #shown = "";
  #lines = 0;

  private constructor(shell: keyof typeof shells) {
    this.#child = spawn("script", ["--quiet", "--command", shells[shell].command, "/dev/null"], {
      ...{ cwd: projectRoot, env, stdio: ["pipe", "pipe", "ignore"] },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (part: string) => (this.#shown += part));
  }

  static async start(shell: keyof typeof shells): Promise<Session> {
    const file = join(scratch, `set-up-${shell}`);
    await writeFile(file, `${shells[shell].setUp}${(await lvsLab("completion", shell)).join("\n")}\necho READY >&2\n`);
    const session = new Session(shell);
    session.#child.stdin?.write(`. ${file}\r`);
    await session.#wait(() => session.#shown.includes("\nREADY"));
    return session;
  }

  /** Types words, and TAB where `\t` stands. @returns the words that the shell then has on its line */
  async type(text: string): Promise<string[]> {
    const result = join(scratch, `result-${this.#lines++}`);
    // To the line's beginning and its end by Emacs's keys: what was completed becomes the arguments of printf.
    this.#child.stdin?.write(`${text}\u0001printf '%s\\n' \u0005 >${result}.new; mv ${result}.new ${result}\r`);
    await this.#wait(() => existsSync(result));
    const words = (await readFile(result, "utf8")).split("\n").slice(0, -1);
    await rm(result);
    return words;
  }

  async #wait(there: () => boolean): Promise<void> {
    await until(
      async () => {
        if (!there()) throw new Error(`the terminal shows:\n${this.#shown}`);
      },
      { seconds: 20, everyMs: 20, failed: (last) => last as Error },
    );
  }

  async end(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.kill();
    await closed;
  }
}

for (const shell of Object.keys(shells) as (keyof typeof shells)[])
  describe.skipIf(!onPath(shell))(`${shell}, at a terminal,`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await Session.start(shell);
    }, 60_000);
    afterAll(() => session.end());

    it.each<[string, string, string[]]>([
      ["a command", "lvs-lab sc\t", ["lvs-lab", "scenario"]],
      ["a command below", "lvs-lab scenario va\t", ["lvs-lab", "scenario", "validate"]],
      ["an option", "lvs-lab capture --fi\t", ["lvs-lab", "capture", "--filter"]],
      ["an option's choice", "lvs-lab ci --keep al\t", ["lvs-lab", "ci", "--keep", "always"]],
      ["an option's choice after =", "lvs-lab ci --keep=al\t", ["lvs-lab", "ci", "--keep=always"]],
      ["a stack", "lvs-lab status -s min\t", ["lvs-lab", "status", "-s", "mine"]],
      ["what they have in common", "lvs-lab ssh -s dr s\t2", ["lvs-lab", "ssh", "-s", "dr", "server2"]],
      ["a word in quotes", 'lvs-lab ssh -s "dr" "s\t2"', ["lvs-lab", "ssh", "-s", "dr", "server2"]],
      ["a path", "lvs-lab validate labs/arp\t", ["lvs-lab", "validate", "labs/arp-problem.yaml"]],
      ["the command that npx runs", "npx lv\tsc\t", ["npx", "lvs-lab", "scenario"]],
      ["a word between two, at the cursor", "lvs-lab sc end\u0002\u0002\u0002\u0002\t", ["lvs-lab", "scenario", "end"]],
    ])("completes %s", async (_what, text, expected) => {
      expect(await session.type(text)).toEqual(expected);
    });

    it.each([
      ["$(touch FILE)", ""],
      ["`touch FILE`", ""],
      ['"$(touch FILE)', '"'],
      [";touch FILE;", ""],
    ])("runs nothing of what is typed: %s", async (word, close) => {
      const file = join(scratch, `ran-${shell}`);
      // Taken back before the line is run: to its end, and all before it deleted.
      await session.type(`lvs-lab ssh ${word.replace("FILE", file)} s\t${close}\u0005\u0015echo`);
      expect(existsSync(file)).toBe(false);
    });
  });

describe.skipIf(!onPath("fish"))("fish", () => {
  const completed = async (line: string) => {
    const script = join(scratch, "lvs-lab.fish");
    await writeFile(script, (await lvsLab("completion", "fish")).join("\n"));
    const { stdout } = await $({
      cwd: projectRoot,
      env,
      quiet: true,
    })`fish --no-config -c ${`source ${script}; complete -C $argv[1]`} ${line}`;
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((row) => row.split("\t")[0]);
  };

  it.each<[string, string[]]>([
    ["lvs-lab sc", ["scenario"]],
    ["lvs-lab capture --fi", ["--filter"]],
    ["lvs-lab ci --keep al", ["always"]],
    ["lvs-lab ci --keep=al", ["--keep=always"]],
    ["lvs-lab ssh -s dr ", ["server1", "server2", "server3"]],
    ['lvs-lab ssh -s "dr" ', ["server1", "server2", "server3"]],
    ["lvs-lab validate labs/arp", ["labs/arp-problem.yaml"]],
    ["npx lv", ["lvs-lab"]],
    ["npx lvs-lab sc", ["scenario"]],
  ])("completes %j", async (line, expected) => {
    expect(await completed(line)).toEqual(expected);
  });

  it("runs nothing of what is typed", async () => {
    const file = join(scratch, "ran-fish");
    await completed(`lvs-lab ssh (touch ${file}) s`);
    expect(existsSync(file)).toBe(false);
  });
});
