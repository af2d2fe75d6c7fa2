import { readFile } from "node:fs/promises";
import { FileError, type Problem } from "../lab/index.ts";
import { readText } from "../lab/yaml/file.ts";
import { nearest } from "../lab/yaml/nearest.ts";
import { publicKeyProblem } from "./public-key.ts";
import { keyOf, studentId } from "./stack-name.ts";

/** One row of a roster. */
export interface Student {
  readonly id: string;
  readonly name: string;
  /** Empty: none. */
  readonly email: string;
  /** An OpenSSH public key: type, base64 and comment. Empty: none. */
  readonly key: string;
  /** The line of the roster, from 1. */
  readonly line: number;
}

/** The columns, each with the words that name it in the first line, compared without case, blanks, `-` and `_`. */
const columns = {
  id: ["id"],
  name: ["name"],
  email: ["email", "mail"],
  key: ["key"],
} as const;
type Column = keyof typeof columns;

const required: readonly Column[] = ["id", "name"];

/** The longest name that tables and marks have to hold. */
const longestName = 100;

/** What spreadsheets separate columns by: semicolons where the decimal sign is a comma. */
const separators = [",", ";", "\t"] as const;

/** A row of a CSV file, each on a line of its own. */
interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * The students of a roster's text, in its order. CSV by RFC 4180, but that a row is one line, and blanks around a value do not count. A byte order
 * mark, CRLF, empty lines, and semicolons or tabs in place of commas are accepted; further columns are passed over.
 * @param file the file's name, for messages
 * @throws FileError with everything that is wrong, each at its row's line
 */
export async function parseRoster(text: string, file: string): Promise<Student[]> {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line, index): Line => ({ number: index + 1, text: line }))
    .filter((line) => line.text.trim() !== "");
  const problems: Problem[] = [];
  const [head, ...rows] = lines;
  if (head === undefined)
    throw new FileError(file, text, [
      at({ number: 1, text: "" }, "", "a first line that names the columns", "nothing", "write `id,name,email,key`"),
    ]);
  const separator = separators.find((one) => head.text.includes(one)) ?? ",";
  const fieldsOf = await reader(separator);
  const places = placesOf(head, fieldsOf, problems);
  const students = rows.flatMap((line): Student[] => {
    const fields = fieldsOf(line.text);
    if (typeof fields === "string") {
      problems.push(
        at(line, line.text, "a row of CSV", fields, 'put the whole value in double quotes, and write " in it twice'),
      );
      return [];
    }
    const value = (column: Column): string => (fields[places.get(column) ?? -1] ?? "").trim();
    const student = {
      id: value("id"),
      name: value("name"),
      email: value("email"),
      key: value("key"),
      line: line.number,
    };
    const width = widthProblems(line, fields, places);
    problems.push(...(width.length > 0 ? width : valueProblems(line, student, places)));
    return [student];
  });
  problems.push(...duplicateProblems(students, lines));
  if (rows.length === 0)
    problems.push(at(head, "", "a row for each student", "none", "write a line for each, such as `alice,Alice Smith`"));
  if (problems.length > 0) throw new FileError(file, shownText(text), problems);
  return students;
}

/** A roster's text as errors show lines of it: without what follows the beginning of a private key. */
const shownText = (text: string): string =>
  text
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/(PRIVATE KEY).*/g, "$1…");

/** The students of a roster. @throws FileError with everything that is wrong, or that it cannot be read */
export async function readRoster(file: string): Promise<Student[]> {
  const bytes = await readFile(file).catch(() => undefined);
  // The reason, in the words of other files.
  if (bytes === undefined) return await parseRoster(await readText(file, "a roster", "check the path"), file);
  return await parseRoster(decode(bytes, file), file);
}

/** @throws FileError at the first byte that is no UTF-8 */
function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder("utf-8").decode(bytes);
    const lines = text.split(/\r\n|\n|\r/);
    const index = lines.findIndex((line) => line.includes("\uFFFD"));
    const line = { number: index + 1, text: lines[index] ?? "" };
    throw new FileError(file, text, [
      at(
        line,
        "\uFFFD",
        "UTF-8",
        "a byte that is none",
        "save it as `CSV UTF-8`; `iconv -f latin1 -t utf8` converts an older file",
      ),
    ]);
  }
}

/** A function that returns the fields of a row, or what is wrong with its quotes. */
async function reader(separator: string): Promise<(text: string) => readonly string[] | string> {
  const { parse } = await import("csv-parse/sync");
  return (text) => {
    try {
      const [fields = []] = parse(text, { delimiter: separator, trim: true });
      return fields;
    } catch (error) {
      const { code = "" } = error as { code?: string };
      return quoteErrors[code] ?? `an error: ${(error as Error).message}`;
    }
  };
}

/** csv-parse's errors in words: its own speak of lines of the part that it was given. */
const quoteErrors: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a double quote without an end on its line",
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: "text after a closing double quote",
  INVALID_OPENING_QUOTE: "a double quote in the middle of a value",
};

/** Where each column is. */
function placesOf(head: Line, fieldsOf: Awaited<ReturnType<typeof reader>>, problems: Problem[]): Map<Column, number> {
  const fields = fieldsOf(head.text);
  const places = new Map<Column, number>();
  if (typeof fields === "string") {
    problems.push(at(head, head.text, "the names of the columns", fields, "write `id,name,email,key`"));
    return places;
  }
  const plain = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, "");
  const others: string[] = [];
  for (const [index, field] of fields.entries()) {
    const column = (Object.keys(columns) as Column[]).find((one) =>
      (columns[one] as readonly string[]).includes(plain(field)),
    );
    if (column === undefined) others.push(field);
    else if (places.has(column))
      problems.push(at(head, field, "each column once", `${column} a second time`, "remove or rename one of the two"));
    else places.set(column, index);
  }
  for (const column of Object.keys(columns) as Column[]) {
    if (places.has(column)) continue;
    const meant = others.find((other) => nearest(other, columns[column]) !== undefined);
    if (meant !== undefined)
      problems.push(at(head, meant, `a column \`${column}\``, meant, `did you mean \`${column}\`?`));
    else if (required.includes(column))
      problems.push(
        at(
          head,
          head.text,
          `a column \`${column}\``,
          fields.join(", "),
          `add \`${column}\`: the first line names the columns`,
        ),
      );
  }
  return places;
}

/** A row with fewer values than columns that are read, or with more than the first line names, has lost or won a separator. */
function widthProblems(line: Line, fields: readonly string[], places: ReadonlyMap<Column, number>): Problem[] {
  const last = Math.max(-1, ...required.flatMap((column) => places.get(column) ?? []));
  if (fields.length > last) return [];
  return [
    at(
      line,
      line.text,
      `${last + 1} values or more`,
      String(fields.length),
      "write a value for each column, in the order of the first line",
    ),
  ];
}

function valueProblems(line: Line, { id, name, email, key }: Student, places: ReadonlyMap<Column, number>): Problem[] {
  const problems: Problem[] = [];
  const isIn = (column: Column): boolean => places.has(column);
  if (isIn("id") && !studentId.test(id))
    problems.push({
      ...at(
        line,
        id,
        "an id: a letter or digit, then up to 23 letters, digits, dots, hyphens and underscores",
        id === "" ? "nothing" : shortened(id),
        idRemedy(id),
      ),
      path: "id",
    });
  if (isIn("name") && (name === "" || name.length > longestName || hasControl(name)))
    problems.push({
      ...at(
        line,
        name,
        `a name of up to ${longestName} characters`,
        name === "" ? "nothing" : shortened(name),
        "write the student's name",
      ),
      path: "name",
    });
  if (email !== "" && !/^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(email))
    problems.push({
      ...at(
        line,
        email,
        "an e-mail address",
        shortened(email),
        "write one such as `alice@example.org`, or leave it empty",
      ),
      path: "email",
    });
  const wrong = key === "" ? undefined : publicKeyProblem(key);
  // What is in the place of a key is not shown: it may be a private one.
  if (wrong) problems.push({ ...at(line, key, "an OpenSSH public key", wrong.found, wrong.remedy), path: "key" });
  return problems;
}

/** Control characters, which would move a terminal's cursor. */
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);

function idRemedy(id: string): string {
  const plain = id
    .replace(/ß/g, "ss")
    .replace(/[äöü]/gi, (letter) => `${letter.normalize("NFD")[0]}e`)
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 24);
  return studentId.test(plain) ? `write one such as \`${plain}\`` : "write one such as `alice`, or a number";
}

/** Ids that become one stack, and keys that would open two labs. */
function duplicateProblems(students: readonly Student[], lines: readonly Line[]): Problem[] {
  const lineOf = (number: number): Line => lines.find((line) => line.number === number) ?? { number, text: "" };
  const again = (
    column: "id" | "key",
    valueIn: (student: Student) => string,
    expected: string,
    remedy: string,
  ): Problem[] => {
    const first = new Map<string, Student>();
    return students.flatMap((student) => {
      const value = valueIn(student);
      const earlier = value === "" ? undefined : first.get(value);
      if (value !== "" && !earlier) first.set(value, student);
      if (!earlier) return [];
      const found =
        column === "key"
          ? `that of ${earlier.id}`
          : student.id === earlier.id
            ? `${shortened(student.id)} a second time`
            : `${shortened(student.id)}, which differs from ${shortened(earlier.id)} in case alone`;
      const problem = at(lineOf(student.line), student[column], expected, found, remedy);
      return [{ ...problem, rule: `duplicate-${column}`, path: column, other: { line: earlier.line, column: 1 } }];
    });
  };
  return [
    ...again(
      "id",
      ({ id }) => (studentId.test(id) ? keyOf(id) : ""),
      "an id that no other student has, whatever its case",
      "give each student an id of their own",
    ),
    ...again(
      "key",
      ({ key }) => (publicKeyProblem(key) ? "" : (key.split(/\s+/)[1] ?? "")),
      "a key that no other student has",
      "give each student a key of their own, or leave it empty",
    ),
  ];
}

/** A long value as errors show it, in one line. */
const shortened = (text: string): string => {
  const line = text.replace(/\p{Cc}/gu, "\uFFFD");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
};

/** A problem of a line, at the value if that is found in it. */
function at(line: Line, value: string, expected: string, found: string, remedy: string): Problem {
  const start = value === "" ? -1 : line.text.indexOf(value);
  return {
    ...{ rule: "roster", path: "", expected, found, remedy, line: line.number },
    column: start < 0 ? 1 : start + 1,
    length: Math.max(1, start < 0 ? 1 : value.length),
  };
}
