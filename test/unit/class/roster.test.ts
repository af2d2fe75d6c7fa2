import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseRoster, readRoster, type Student } from "../../../class/roster.ts";
import { FileError, formatFileError } from "../../../lab/index.ts";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHIuyLjIwp+0CiZfXf77arwt6dGSR3MIxKrGZxX5X9hQ";
const another = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwHWimfThJbqwXIE8jtdBMvIWDJMQ0b7eN8GlrrjM1F";
const ecdsa =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBK16BAtt6/Et573+V3d+gksG6Ti4oGltaPWMKVB4PGY6F3FAg005F3jfLCaPdVf9H2Nmrl7zQp0lHQLn+ZeHf/M=";

/** What reading a roster says, each problem as `LINE COLUMN: found. Fix: remedy`; or its students. */
async function reading(text: string): Promise<Student[] | string[]> {
  try {
    return await parseRoster(text, "roster.csv");
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.problems.map(({ line, path, found, remedy }) => `${line} ${path}: ${found}. Fix: ${remedy}`);
  }
}

const ids = async (text: string): Promise<unknown[]> =>
  (await reading(text)).map((one) => (typeof one === "string" ? one : one.id));

/** Rows that a roster may have, and the student that each is. */
const accepted: [why: string, row: string, student: Partial<Student>][] = [
  ["a plain row", "alice,Alice Smith,alice@example.org,", { id: "alice", name: "Alice Smith" }],
  ["umlauts in a name", "jm,Jörg Müller-Lüdenscheidt,,", { name: "Jörg Müller-Lüdenscheidt" }],
  ["a name in another script", "li,李小龍,,", { name: "李小龍" }],
  ["a name with a combining accent", "rene,Rene\u0301,,", { name: "Rene\u0301" }],
  ["a name with an apostrophe", "pat,Pat O'Neill,,", { name: "Pat O'Neill" }],
  ["a name with a comma, in quotes", 'smith,"Smith, Ann",,', { name: "Smith, Ann" }],
  ["a name with quotes, doubled", 'bob,"Bob ""B"" Smith",,', { name: 'Bob "B" Smith' }],
  ["blanks around values", "  carol ,  Carol White  , carol@example.org ,", { id: "carol", name: "Carol White" }],
  ["blanks inside a name", "de,Maria  de la Cruz,,", { name: "Maria  de la Cruz" }],
  ["a matriculation number", "12345678,Dora,,", { id: "12345678" }],
  ["a number with leading zeros", "00042,Emil,,", { id: "00042" }],
  ["a number that spreadsheets like to change", "1e5,Fay,,", { id: "1e5" }],
  ["a login with a dot", "jane.doe,Jane Doe,,", { id: "jane.doe" }],
  ["capitals in an id", "GHopper,Grace,,", { id: "GHopper" }],
  ["hyphens and underscores", "a-b_c,Hanna,,", { id: "a-b_c" }],
  ["an id of one character", "x,Xaver,,", { id: "x" }],
  ["an id of 24 characters", "abcdefghijklmnopqrstuvwx,Ivo,,", { id: "abcdefghijklmnopqrstuvwx" }],
  ["a word of JavaScript", "constructor,Jan,,", { id: "constructor" }],
  ["a word of YAML", "null,Kim,,", { id: "null" }],
  ["a name of the lab's own", "client,Lea,,", { id: "client" }],
  ["an id that is also a lab's name", "bare,Max,,", { id: "bare" }],
  ["an ed25519 key", `key1,Nia,,${ed25519} nia@host`, { key: `${ed25519} nia@host` }],
  ["a key without a comment", `key2,Ole,,${another}`, { key: another }],
  ["an ECDSA key", `key3,Pia,,${ecdsa}`, { key: ecdsa }],
  ["nothing after the required columns", "short,Quin", { email: "", key: "" }],
  ["further values", "long,Ria,,,a,b,c", { name: "Ria" }],
  ["a plus in an address", "plus,Sam,sam+lab@example.org,", { email: "sam+lab@example.org" }],
  ["a name that spreadsheets would run", "eq,=1+1,,", { name: "=1+1" }],
];

/** Rows that are refused, with what is found and what to do. */
const refused: [why: string, row: string, problem: RegExp][] = [
  ["no id", ",Nobody,,", /id: nothing\. Fix: write one such as `alice`/],
  ["blanks for an id", "   ,Nobody,,", /id: nothing/],
  ["umlauts in an id", "müller,M,,", /id: müller\. Fix: write one such as `mueller`/],
  ["an accent in an id", "rené,R,,", /id: rené\. Fix: write one such as `rene`/],
  ["a sharp s in an id", "weiß,W,,", /Fix: write one such as `weiss`/],
  ["a blank inside an id", "jane doe,J,,", /id: jane doe\. Fix: write one such as `jane-doe`/],
  ["a path upwards", "../x,X,,", /id: \.\.\/x\. Fix: write one such as `x`/],
  ["a path", "a/b,X,,", /id: a\/b\. Fix: write one such as `a-b`/],
  ["an absolute path", "/etc/passwd,X,,", /id: \/etc\/passwd\. Fix: write one such as `etc-passwd`/],
  ["two dots", "..,X,,", /id: \.\./],
  ["a dot first", ".ssh,X,,", /id: \.ssh\. Fix: write one such as `ssh`/],
  ["an option", "-rf,X,,", /id: -rf\. Fix: write one such as `rf`/],
  ["a prototype", "__proto__,X,,", /id: __proto__/],
  ["a shell's words", "$(reboot),X,,", /id: \$\(reboot\)\. Fix: write one such as `reboot`/],
  ["an e-mail address for an id", "ann@example.org,X,,", /id: ann@example\.org/],
  ["an id of 25 characters", "abcdefghijklmnopqrstuvwxy,X,,", /id: abcdefghijklmnopqrstuvwxy\. Fix: write one such as/],
  ["an id of 200 characters", `${"x".repeat(200)},X,,`, /id: x{60}…\. Fix: /],
  ["a zero-width blank", "al\u200Bice,X,,", /id: /],
  ["a letter that looks like another", "аlice,X,,", /id: /],
  ["no name", "anon,,,", /name: nothing\. Fix: write the student's name/],
  ["a name of 101 characters", `longname,${"n".repeat(101)},,`, /name: n{60}…/],
  ["a name that moves a terminal's cursor", "esc,\u001b[2Jboo,,", /name: \uFFFD\[2Jboo/],
  ["something else than an address", "mail1,X,not an address,", /email: not an address/],
  ["two addresses", 'mail2,X,"a@example.org, b@example.org",', /email: a@example\.org, b@example\.org/],
  ["something else than a key", "nokey,X,,my key", /key: something else\. Fix: copy the one line/],
  ["half a key", `half,X,,${ed25519.slice(0, 40)}`, /key: ssh-ed25519 without a whole key/],
  [
    "a key under another type",
    `type,X,,${ed25519.replace("ssh-ed25519", "ssh-rsa")}`,
    /key: ssh-rsa without a whole key/,
  ],
  ["a key with options", `opts,X,,no-pty ${ed25519}`, /key: options before a key/],
  ["a certificate", `cert,X,,ssh-ed25519-cert-v01@openssh.com ${ed25519.slice(12)}`, /key: something else/],
  [
    "a private key",
    "priv,X,,-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk",
    /key: a private key\. Fix: make a new pair/,
  ],
  ["one value alone", "alone", /: 1\. Fix: write a value for each column/],
  ["a quote without an end", 'open,"Open,,', /: a double quote without an end on its line\. Fix: put the whole value/],
  ["text after a closing quote", 'after,"A" B,,', /: text after a closing double quote/],
  ["a quote in the middle", 'mid,A "B" C,,', /: a double quote in the middle of a value/],
];

describe("a roster", () => {
  it.each(accepted)("may have %s", async (_why, row, student) => {
    expect(await reading(`id,name,email,key\n${row}\n`)).toMatchObject([student]);
  });

  it.each(refused)("may not have %s, and says so at its line", async (_why, row, problem) => {
    const said = await reading(`id,name,email,key\nalice,Alice,,\n${row}\nzoe,Zoe,,\n`);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^3 /);
    expect(said[0]).toMatch(problem);
  });

  it("of all rows at once has all problems at once, each at its line, and the others' rows are right", async () => {
    const rows = [...accepted.map(([, row]) => row), ...refused.map(([, row]) => row)];
    expect(rows.length).toBeGreaterThanOrEqual(50);
    const said = (await reading(["id,name,email,key", ...rows].join("\r\n"))) as string[];
    const first = accepted.length + 2;
    expect(said.map((line) => Number(line.split(" ")[0]))).toEqual(refused.map((_, index) => first + index));
  });

  it("has ids that differ in more than case: they become one stack; both lines are told", async () => {
    const text = "id,name\nalice,A\nbob,B\nALICE,C\nalice,D\n";
    expect(await reading(text)).toEqual([
      "4 id: ALICE, which differs from alice in case alone. Fix: give each student an id of their own",
      "5 id: alice a second time. Fix: give each student an id of their own",
    ]);
    const error = await parseRoster(text, "roster.csv").catch((one: unknown) => one as FileError);
    expect(formatFileError(error as FileError)).toContain(
      "roster.csv:4:1: id: expected an id that no other student has, whatever its case; found ALICE, which differs from alice in case alone (see roster.csv:2:1). Fix: give each student an id of their own\n  4 | ALICE,C\n    | ^^^^^",
    );
  });

  it("has each key once, whatever its comment", async () => {
    expect(await reading(`id,name,key\na,A,${ed25519} one\nb,B,${ed25519} two\nc,C,${another}\n`)).toEqual([
      "3 key: that of a. Fix: give each student a key of their own, or leave it empty",
    ]);
  });

  it("never shows what follows the beginning of a private key", async () => {
    const error = await parseRoster("id,name,key\np,P,-----BEGIN OPENSSH PRIVATE KEY-----SECRET\n", "r.csv").catch(
      (one: unknown) => one,
    );
    expect(formatFileError(error as FileError)).toContain("a private key");
    expect(formatFileError(error as FileError)).not.toContain("SECRET");
  });
});

describe("a roster's file", () => {
  it.each([
    ["a byte order mark", "\uFEFFid,name\nalice,Alice\n"],
    ["CRLF", "id,name\r\nalice,Alice\r\n"],
    ["CR alone", "id,name\ralice,Alice\r"],
    ["line ends of three kinds", "id,name\r\n\nalice,Alice\r"],
    ["no line end at the end", "id,name\nalice,Alice"],
    ["semicolons", "id;name\nalice;Alice\n"],
    ["tabs", "id\tname\nalice\tAlice\n"],
    ["empty lines and lines of blanks", "\n\nid,name\n\n   \nalice,Alice\n\n"],
    ["columns in another order, and others", "group,name,note,id\n1,Alice,x,alice\n"],
    ["names of columns in quotes and capitals", '"ID","Name","E-Mail"\nalice,Alice,\n'],
    ["a byte order mark before quotes", '\uFEFF"id","name"\nalice,Alice\n'],
  ])("may have %s", async (_what, text) => {
    expect(await ids(text)).toEqual(["alice"]);
  });

  it("counts empty lines", async () => {
    expect(await reading("\n\nid,name\n\n../x,X\n")).toEqual([expect.stringMatching(/^5 id: /)]);
  });

  it.each([
    ["is empty", "", ["1 : nothing. Fix: write `id,name,email,key`"]],
    ["has a first line alone", "id,name\n", ["1 : none. Fix: write a line for each, such as `alice,Alice Smith`"]],
    ["has no id", "name\nAlice\n", ["1 : name. Fix: add `id`: the first line names the columns"]],
    [
      "has no column names",
      "alice,Alice\nbob,Bob\n",
      [
        "1 : alice, Alice. Fix: add `id`: the first line names the columns",
        "1 : alice, Alice. Fix: add `name`: the first line names the columns",
      ],
    ],
    ["has a column with a typing error", "id,nmae\na,A\n", ["1 : nmae. Fix: did you mean `name`?"]],
    ["has an optional column with one", "id,name,emial\na,A,\n", ["1 : emial. Fix: did you mean `email`?"]],
    [
      "has a column twice",
      "id,name,mail,email\na,A,,\n",
      ["1 : email a second time. Fix: remove or rename one of the two"],
    ],
  ])("that %s is refused", async (_what, text, said) => {
    expect(await reading(text)).toEqual(said);
  });

  it("is UTF-8: a file in Latin-1 is refused at its line, a missing one as others are", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-roster-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "roster.csv");
    await writeFile(file, Buffer.from("id,name\na,A\nm,Müller\n", "latin1"));
    await expect(readRoster(file)).rejects.toMatchObject({
      problems: [{ line: 3, column: 4, expected: "UTF-8", remedy: expect.stringMatching(/CSV UTF-8/) }],
    });
    await expect(readRoster(join(directory, "none.csv"))).rejects.toMatchObject({
      problems: [{ rule: "unreadable", expected: "a roster that can be read" }],
    });
    await writeFile(file, "\uFEFFid,name\nm,Müller\n");
    expect(await readRoster(file)).toMatchObject([{ id: "m", name: "Müller" }]);
  });
});
