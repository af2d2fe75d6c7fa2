import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { command, type Word, writing } from "../../../../provision/ssh/index.ts";

/** The words that a real bash makes of a command's arguments. */
const words = (...values: Word[]): string[] => {
  const text = command`printf '%s\\0' ${values.flat()} end`;
  return execFileSync("bash", ["-c", text], { encoding: "utf8" }).split("\0").slice(0, -2);
};

const hostile = [
  "",
  " ",
  "two words",
  "  spaces around  ",
  "'",
  '"',
  'it\'s "quoted"',
  "$HOME",
  "${HOME}",
  "$(touch /tmp/lvs-lab-hostile)",
  "`id`",
  "$'\\n'",
  "a;b",
  "a && b || c | d & e",
  ">file <file",
  "*",
  "?",
  "[a-z]*",
  "~",
  "~root",
  "{a,b}",
  "{1..3}",
  "#comment",
  "!history",
  "!!",
  "\\",
  "\\\\",
  "\\n",
  "trailing\\",
  "line\nbreak",
  "\n",
  "ends with newline\n",
  "tab\there",
  "\r\n",
  "\u0001\u0007\b\f\v\u001b[31m\u007f",
  "-n",
  "--",
  "a=b",
  "%s%d\\0",
  "ünïcödé 服务器 😀",
  "\u00a0\u2028",
  "x".repeat(10_000),
];

it.each(hostile)("bash reads %j as that one word", (value) => {
  expect(words(value)).toEqual([value]);
});

it("an array is several words, in order, an empty one none", () => {
  expect(words(hostile)).toEqual(hostile);
  expect(execFileSync("bash", ["-c", command`echo ${[]} $#`, "bash"], { encoding: "utf8" })).toBe("0\n");
});

it("numbers are words, and neighbours without a space are one", () => {
  expect(words(80, [1, 2.5])).toEqual(["80", "1", "2.5"]);
  expect(execFileSync("bash", ["-c", command`echo ${"a b"}:${80}/${"$c"}`], { encoding: "utf8" })).toBe("a b:80/$c\n");
});

it("what stands in the template itself is bash's", () => {
  expect(execFileSync("bash", ["-c", command`for one in ${["a", "b c"]}; do echo "<$one>"; done`]).toString()).toBe(
    "<a>\n<b c>\n",
  );
});

it.each(hostile)("`writing` puts %j into a file as it is", (value) => {
  const directory = mkdtempSync(join(tmpdir(), "lvs-lab-writing-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "it's $a file");
  execFileSync("bash", ["-c", writing(path, value)]);
  expect(readFileSync(path, "utf8")).toBe(value);
});
