import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { listed, typed, typedFile, typedUnit } from "../../../../provision/roles/typed.ts";

const scratch = mkdtempSync(join(tmpdir(), "lvs-lab-typed-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const run = (script: string): string => execFileSync("bash", ["-c", script], { encoding: "utf8" });

it("a value is a word, whatever is in it, and an array several", () => {
  expect(run(typed`printf '<%s>' ${"a $(id) 'b'"} ${["c d", "*"]}`)).toBe("<a $(id) 'b'><c d><*>");
  expect(typed`systemctl restart ${"apache2"}`).toBe("systemctl restart apache2");
});

describe("a file", () => {
  const path = join(scratch, "a file");

  it.each([
    ["server2\n", /^echo server2 >/],
    ["Hello, world: it's $HOME `id` \\n!\n", /^echo '/],
    ["no newline", /^printf /],
    ["", /^cat /],
    ["\n", /^cat /],
    ["-n\n", /^cat /],
    ["two\nlines of $HOME and `id`\n", /^cat .* <<'END'\n/],
    ["one\nEND\nand more\n", /^cat .* <<'END_'\n/],
    ["tab\tand é\n", /^cat /],
  ])("%j is written to the byte", (content, command) => {
    expect(typedFile(path, content)).toMatch(command);
    run(`${typedFile(path, content)}\n`);
    expect(readFileSync(path, "utf8")).toBe(content);
  });
});

it("a unit's commands lose their paths and the mark of those that may fail", () => {
  expect(
    typedUnit(["-/sbin/ipvsadm --clear", "/usr/sbin/arptables --flush", "/sbin/ip address show /sbin/ip", "/bin/true"]),
  ).toEqual(["ipvsadm --clear", "arptables --flush", "ip address show /sbin/ip", "true"]);
});

it.each([
  [[], ""],
  [["one"], "one"],
  [["one", "two"], "one and two"],
  [["one", "two", "three"], "one, two and three"],
])("%j is listed as %j", (words, text) => {
  expect(listed(words)).toBe(text);
});
