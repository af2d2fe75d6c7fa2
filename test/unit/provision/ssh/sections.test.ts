import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseSections, sectionScript } from "../../../../provision/ssh/sections.ts";
import { command } from "../../../../provision/ssh/server.ts";

const look = (commands: Record<string, string>) =>
  parseSections(
    Object.keys(commands),
    // What nobody reads would break a pipe.
    execFileSync(
      "bash",
      ["-c", 'bash -c "$1" <<<"not for the commands"', "look", sectionScript(Object.values(commands))],
      {
        encoding: "utf8",
      },
    ),
  );

describe("in a real bash", () => {
  it("each command has its output and status, whatever the others do to the shell", () => {
    expect(
      look({
        leaves: "echo before; exit 7; echo after",
        fails: "set -e; false; echo never",
        moves: "cd /; unset PATH; variable=1",
        stays: 'echo "variable: $variable"; type -t ls',
      }),
    ).toEqual({
      leaves: { text: "before\n", code: 7 },
      fails: { text: "", code: 1 },
      moves: { text: "", code: 0 },
      stays: { text: "variable: \nfile\n", code: 0 },
    });
  });

  it("a command may end in a comment, print no newline, or print to stderr", () => {
    expect(look({ comment: "echo said # and done", loose: "printf loose", noisy: "echo noise >&2" })).toEqual({
      comment: { text: "said\n", code: 0 },
      loose: { text: "loose", code: 0 },
      noisy: { text: "", code: 0 },
    });
  });

  it("a command that reads finds nothing to read, and does not eat the script", () => {
    expect(look({ reads: "cat", next: "echo there" })).toEqual({
      reads: { text: "", code: 0 },
      next: { text: "there\n", code: 0 },
    });
  });

  it("a program that is not there has bash's own status for it", () => {
    expect(look({ missing: "lvs-lab-no-such-program" }).missing).toEqual({ text: "", code: 127 });
  });
});

describe("cat in a real bash", () => {
  const folder = mkdtempSync(join(tmpdir(), "lvs-lab-cat-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["text", "first\nsecond\n"],
    ["no newline at the end", "line"],
    ["newlines at the end", "line\n\n\n"],
    ["nothing", ""],
    ["what a shell or printf would read", "$(id) `id` ${HOME} \\n %s -n \\\n"],
    ["white space", "  \t first  \n \n"],
    ["much", `${"ünïcödé 服务器 ".repeat(8)}\n`.repeat(2000)],
  ])("reads %s as it is, with no program", (_what, content) => {
    const path = join(folder, "a file's");
    writeFileSync(path, content);
    const { file } = look({ file: command`PATH=; cat ${path}` });
    expect(file).toEqual({ text: content, code: 0 });
  });

  it("fails for what it cannot read, as the program does", () => {
    expect(look({ missing: command`cat ${join(folder, "missing")}`, folder: command`cat ${folder}` })).toEqual({
      missing: { text: "", code: 1 },
      folder: { text: "", code: 1 },
    });
  });

  it("is the program where it is to do more", () => {
    writeFileSync(join(folder, "one"), "one\n");
    const paths = ["one", "one"].map((name) => join(folder, name));
    expect(
      look({ two: command`cat ${paths}`, numbered: command`cat -n ${paths[0] ?? ""}`, piped: "echo in | cat -" }),
    ).toEqual({
      two: { text: "one\none\n", code: 0 },
      piped: { text: "in\n", code: 0 },
      numbered: { text: "     1\tone\n", code: 0 },
    });
  });
});

describe("an answer that was cut off", () => {
  const whole = "first\x1e0\x1esecond\x1e127\x1e";

  it("is whole up to its last mark", () => {
    expect(parseSections(["a", "b"], whole)).toEqual({
      a: { text: "first", code: 0 },
      b: { text: "second", code: 127 },
    });
  });

  it("may have other commands' before", () => {
    expect(parseSections(["b"], whole, 1)).toEqual({ b: { text: "second", code: 127 } });
  });

  it.each(Array.from(whole, (_, length) => length))("is refused after %i characters", (length) => {
    expect(() => parseSections(["a", "b"], whole.slice(0, length))).toThrow(
      `ends before "${length < "first\x1e0\x1e".length ? "a" : "b"}"`,
    );
  });
});
