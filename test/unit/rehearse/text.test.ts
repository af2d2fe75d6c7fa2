import { describe, expect, test } from "vitest";
import { commandWordsOf, partsOf, withoutComment, wordsOf } from "../../../rehearse/conf/text.ts";

/** Each pair was tried on keepalived 2.2.7, or is a line of its lib/parser.c. */
describe("a line", () => {
  test.each([
    ["  interface eth0 \t", "interface eth0"],
    ["interface eth0 # comment", "interface eth0"],
    ["interface eth0! comment", "interface eth0"],
    ["# comment", ""],
    ['auth_pass "a#b!c" # d', 'auth_pass "a#b!c"'],
    ['interface eth0 # one " quote', "interface eth0"],
    ["auth_pass a\\#b # c", "auth_pass a#b"],
    ['auth_pass "a\\#b"', 'auth_pass "a\\#b"'],
    ['script "a \\"b # c\\" d" # e', 'script "a \\"b # c\\" d"'],
    ["10.0.0.1 \\", "10.0.0.1\\"],
    ["10.0.0.1 # comment \\", "10.0.0.1\\"],
    ["\\", "\\"],
  ])("%j without its comment", (line, text) => {
    expect(withoutComment(line)).toBe(text);
  });

  test.each([
    ['a  b\tc "d e" f', ["a", "b", "c", "d e", "f"]],
    ['a"b c"d', ["a", "b c", "d"]],
    ['""', [""]],
    ['a "b c', ["a"]],
    ["", []],
  ])("%j in words", (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });

  test.each([
    ["vrrp_instance VI_1 {", ["vrrp_instance VI_1", "{"]],
    ["{ interface eth0 }", ["{", "interface eth0 }"]],
    ["eth0 }", ["eth0", "}"]],
    ["80{", ["80", "{"]],
    ['"a {" }', ['"a {"', "}"]],
    ['"a {', ['"a {', ""]],
    ["}", ["}", ""]],
    ["a b", ["a b", ""]],
    ["", ["", ""]],
  ])("%j at its first brace", (line, parts) => {
    expect(partsOf(line)).toEqual(parts);
  });
});

describe("a command", () => {
  test.each([
    ["/bin/a b  c", ["/bin/a", "b", "c"]],
    [`/bin/a 'b "c' "d 'e"`, ["/bin/a", 'b "c', "d 'e"]],
    ["/bin/a b' 'c\"d\"", ["/bin/a", "b cd"]],
    ['/bin/a ""', ["/bin/a", ""]],
    ["/bin/a \\x41\\102\\n\\cA\\\\ \\'", ["/bin/a", "AB\n\x01\\", "'"]],
    ["/bin/a '\\''", ["/bin/a", "'"]],
    ["/bin/a b\\ c", ["/bin/a", "b c"]],
    ["/bin/a 'b", []],
    ["/bin/a b\\", []],
  ])("%j in words", (command, words) => {
    expect(commandWordsOf(command)).toEqual(words);
  });
});
