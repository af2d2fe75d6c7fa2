import { describe, expect, test } from "vitest";
import { type Files, readLines } from "../../../rehearse/conf/lines.ts";
import { readTree, type Statement } from "../../../rehearse/conf/tree.ts";

/** Files of a director lb1, by their names; an include names one of them, or several with commas between. */
const filesOf = (texts: Readonly<Record<string, string>>, executable: readonly string[] = []): Files => ({
  read: (file) => texts[file],
  matching: (pattern) => pattern.split(",").filter((one) => one in texts),
  isExecutable: (file) => executable.includes(file),
});

const read = (texts: string | Readonly<Record<string, string>>, executable?: readonly string[]) =>
  readLines("k", { files: filesOf(typeof texts === "string" ? { k: texts } : texts, executable), configId: "lb1" });

const texts = (given: Parameters<typeof read>[0]): string[] => read(given).lines.map(({ text }) => text);

/** `FILE:LINE MESSAGE` of what is not read. */
const unread = (...given: Parameters<typeof read>): string[] =>
  read(...given).unread.map(
    ({ file, line, message, level }) => `${file}:${line} ${level ? `${level}: ` : ""}${message}`,
  );

describe("lines", () => {
  test("are of the file that they stand in; braces are lines of their own", () => {
    const { lines, files } = read({ k: "a {\n\n include one\n}\n", one: "# comment\nb } c\r\n" });
    expect(lines).toEqual([
      { file: "k", line: 1, text: "a" },
      { file: "k", line: 1, text: "{" },
      { file: "one", line: 2, text: "b" },
      { file: "one", line: 2, text: "}" },
      { file: "one", line: 2, text: "c" },
      { file: "k", line: 4, text: "}" },
    ]);
    expect([...files]).toEqual([
      ["k", "/etc/keepalived/keepalived.conf"],
      ["one", "/etc/keepalived/one"],
    ]);
  });

  test("are read if their condition holds, which may stand behind a brace and does not nest", () => {
    expect(texts("@lb1 a\n@lb2 b\n@^lb1 c\n@^lb2 d\n@lb1\n@ e\n@^ f\n@lb1 @lb1 g\nh { @lb2 i }\nj { @lb1 k }")).toEqual(
      [...["a", "d", "f", "@lb1 g", "h", "{", "j", "{", "k", "}"]],
    );
    expect([...read("@lb1 a\n@^lb2 b\n@ c").conditions]).toEqual(["lb1", "lb2"]);
  });

  test("have the values that their parameters have at that place", () => {
    const given = [
      "$A=1",
      "$B=${A}0",
      "a $A ${A}x $Ax ${A",
      "b $B,$A)",
      "$A=2",
      "c $B ${_INSTANCE} ${_PWD}",
      "$C=",
      "d${C}",
      "e ${A 3}",
    ];
    expect(texts(given.join("\n"))).toEqual([
      ...["a 1 1x $Ax $", "{", "A", "b 10,1)", "c 20 lb1 /etc/keepalived", "d", "e $", "{", "A 3", "}"],
    ]);
    expect(texts('a "${_HASH}b" c${_HASH}d ${_BANG}')).toEqual(['a "#b" c']);
    expect(texts("a ${_RANDOM 7 9} ${_RANDOM}")).toEqual(["a 7 0"]);
  });

  test("of a parameter of several lines stand where these are written", () => {
    const { lines } = read("$A= \\\n b { \\\n  # no line \\\n $C=1 \\\n c $C }\n\nd $A\n$A\n");
    expect(lines.map(({ line, text }) => `${line} ${text}`)).toEqual([
      ...["7 d b", "7 {", "5 c 1", "5 }", "2 b", "2 {", "5 c 1", "5 }"],
    ]);
    expect(texts("$A= \\\n@lb2 b \\\nc\n$A")).toEqual(["c"]);
    expect(texts("$A= \\\n b \\\n\nc\n$A d\n$A")).toEqual(["c", "$A d", "b"]);
  });

  test("are repeated by ~SEQ and ~LST", () => {
    expect(texts("~SEQ(A, 3) a${A}")).toEqual(["a1", "a2", "a3"]);
    expect(texts("~SEQ(A, -2) a${A}")).toEqual(["a-1", "a-2"]);
    expect(texts("~SEQ(A, 4, 2) a${A}")).toEqual(["a4", "a3", "a2"]);
    expect(texts("~SEQ (A,0x10,010,0x21)a${A}")).toEqual(["a16", "a24", "a32"]);
    expect(texts("~SEQx(A, 9, 11) a${A}")).toEqual(["a9", "aa", "ab"]);
    expect(texts("$N=2\n~SEQ(A, $N) ~LST(B, x, y) a${A}$B")).toEqual(["a1x", "a1y", "a2x", "a2y"]);
    expect(texts("~LST({A, B}, {1,2},{3}) a${A}-${B}")).toEqual(["a1-2", "a3-"]);
    expect(texts("~LST(A,,b) a${A}")).toEqual(["a", "ab"]);
  });

  test.each([
    "~SEQ(A) a",
    "~SEQ(A, 1, 0, 3) a",
    "~SEQ(A, 1, -1, 3) a",
    "~SEQ(A, 08) a",
    "~SEQx(A, -1) a",
    "~SEQ(A, 1, 2, 3, 4) a",
    "~SEQ A a",
    "~LST(A) a",
    "~LST(A, {1, 2}) a",
    "~LST(A, {1} 2) a",
  ])("%s is left out, and reported", (line) => {
    expect(texts(`${line}\nb`)).toEqual(["b"]);
    expect(unread(line)).toEqual([`k:1 keepalived does not take ${line.slice(0, 4)} so, and leaves the line out`]);
  });

  test("that keepalived reads otherwise than they are meant are reported", () => {
    expect(unread("a b\\#c")).toEqual([
      "k:1 a # or ! after a backslash; keepalived takes the backslash away, and then the rest of the line for a comment",
    ]);
    expect(texts("a b\\#c")).toEqual(["a b"]);
    expect(unread(`a ${"b".repeat(1022)}`)).toEqual([
      "k:1 a line of more than 1023 bytes; keepalived takes what is behind them for the next line",
    ]);
    expect(unread(`a ${"b".repeat(1021)}`)).toEqual([]);
    expect(unread("$A=$B\n$B=$A\nc $A\nd")).toEqual(["k:3 the parameters of this line name each other"]);
  });
});

describe("an include", () => {
  test("names files, in their order", () => {
    expect(texts({ k: "include b,a\nincludeb\ta\nincludex a\ninclude", a: "A", b: "B" })).toEqual([
      ...["B", "A", "A", "includex a", "include"],
    ]);
  });

  test("that finds nothing is reported; of a pattern it may be right", () => {
    expect(unread("a\ninclude b")).toEqual(["k:2 no file of the folder is b"]);
    expect(unread("include b*")).toEqual(["k:1 note: no file of the folder is b*"]);
    expect(unread("includea b*")).toEqual(["k:1 no file of the folder is b*"]);
  });

  test("of itself ends", () => {
    expect(unread({ k: "include one", one: "a\ninclude k" })).toEqual(["one:2 k includes itself"]);
  });

  test("of an executable file is left out, unless all are executable", () => {
    const files = { k: "include one", one: "a" };
    expect(unread(files, ["one"])).toEqual(["k:1 one is executable; keepalived leaves such a file out"]);
    expect(unread(files, ["k", "one"])).toEqual([]);
  });

  test.each(["@lb1 include one", "a { include one", "$A=include one\n$A"])("%j is read twice", (text) => {
    expect(read({ k: text, one: "b" }).unread).toEqual([
      expect.objectContaining({
        level: "warning",
        message: "keepalived reads one twice, for the line does not begin with `include`",
      }),
    ]);
  });

  test("knows its directory, and gives back the one before", () => {
    const files = { k: "include d/one\na ${_PWD}", "d/one": "$D=${_PWD}\nb $D" };
    expect(texts(files)).toEqual(["b /etc/keepalived/d", "a /etc/keepalived"]);
  });
});

describe("a tree", () => {
  const tree = (text: string) => readTree(read(text).lines);
  const shape = ({ keyword, words, block }: Statement): unknown =>
    block ? [keyword, ...words, block.map(shape)] : [keyword, ...words].join(" ");

  test("has statements with their blocks, however they are written", () => {
    const wanted = [["a", "b", ["c d", ["e", []], "f"]], "g"];
    for (const text of ["a b {\nc d\ne {\n}\nf\n}\ng", "a b { c d\ne { } f } g", "a b\n\n{\nc d\ne\n{ } f\n}\ng"])
      expect(tree(text).statements.map(shape)).toEqual(wanted);
  });

  test("says where braces do not match", () => {
    expect(tree("a {\nb {\n}").unread).toEqual([
      expect.objectContaining({ line: 1, message: "the block a is not closed" }),
    ]);
    expect(tree("a\n}\n{").unread.map(({ line, message }) => `${line} ${message}`)).toEqual([
      ...["2 a } that closes nothing", "3 a { without a keyword before it"],
    ]);
  });
});
