import { describe, expect, it } from "vitest";
import { isCommonToPcre } from "../../../lab/health-checks/expression.ts";

describe("a regular expression of JavaScript", () => {
  it.each([
    ...["server", "^server\\d+$", "a|b", "(a|b)c", "(?:ab)+?", "a{2}", "a{2,}", "a{2,3}", "[a-z]", "[^\\]a]"],
    ...["[\\w-]", "[-\\w]", "[\\d.-]", "\\x41", "\\.\\-\\!\\ ", "(?<name>a)", "(?=a)", "(?!a)", "(?<=ab)c", "(?<!a.)c"],
    ...["\\{\\}", "\\d{1,3}(\\.\\d{1,3}){3}", "[{}]", "[[]", "a]", "x{255}", "", "\\[a\\]"],
  ])("%s is one of PCRE", (text) => {
    expect(new RegExp(text, "m")).toBeDefined();
    expect(isCommonToPcre(text)).toBe(true);
  });

  it.each([
    ["(a)\\1", "a group again: one that is not there is an error"],
    ["\\u0041", "PCRE2 has no \\u"],
    ["\\p{L}", "JavaScript takes it for the letter p"],
    ["\\cA", "a control character"],
    ["\\Qa\\E", "quotes in PCRE"],
    ["\\h", "blanks in PCRE"],
    ["[]", "an empty class"],
    ["[^]", "any character"],
    ["[[:alpha:]]", "letters in PCRE"],
    ["[\\d-z]", "a range from a class"],
    ["[a-\\d]", "a range to a class"],
    ["a{", "a brace that is none"],
    ["a{,3}", "up to three in PCRE2 10.43"],
    ["(?<=a+)b", "no fixed length"],
    ["(?<=(a|bc))d", "a group"],
    ["(?:a{90}){90}", "more than PCRE2 compiles"],
  ])("%s is not: %s", (text) => {
    expect(new RegExp(text, "m")).toBeDefined();
    expect(isCommonToPcre(text)).toBe(false);
  });
});
