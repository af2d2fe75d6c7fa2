import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseSections, sectionScript } from "../../../../provision/ssh/sections.ts";

const look = (commands: Record<string, string>) =>
  parseSections(
    Object.keys(commands),
    // What nobody reads would break a pipe.
    execFileSync("bash", ["-c", 'bash -c "$1" <<<"not for the commands"', "look", sectionScript(commands)], {
      encoding: "utf8",
    }),
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

describe("an answer that was cut off", () => {
  const whole = "first\x1e0\x1esecond\x1e127\x1e";

  it("is whole up to its last mark", () => {
    expect(parseSections(["a", "b"], whole)).toEqual({
      a: { text: "first", code: 0 },
      b: { text: "second", code: 127 },
    });
  });

  it.each(Array.from(whole, (_, length) => length))("is refused after %i characters", (length) => {
    expect(() => parseSections(["a", "b"], whole.slice(0, length))).toThrow(
      `ends before "${length < "first\x1e0\x1e".length ? "a" : "b"}"`,
    );
  });
});
