import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";
import { FolderError } from "../../../rehearse/index.ts";
import { lint } from "../../../rehearse/lint/index.ts";
import { inferPlan } from "../../../rehearse/plan/infer.ts";
import { labOfPlan } from "../../../rehearse/plan/lab.ts";
import { aFolder } from "./a-folder.ts";

/** Other folders: `LVS_LAB_SEED=7 npm test -- FILE`; more: `LVS_LAB_RUNS=3000`. */
const seed = Number(process.env.LVS_LAB_SEED ?? 1);
const numRuns = Number(process.env.LVS_LAB_RUNS ?? 60);

/** Words that stand where others are meant. */
const odd = [
  ...["", "0", "-1", "abc", "10s", "1.5", "99999999999", "{", "}", '"', "$X", "@lb1", "constructor", "__proto__", "é"],
  ...["weight", "eth0", "dev", "group", "fwmark", "lo", "192.0.2.300", "192.0.2.1/99", "192.0.2.1/abc", "192.0.2.5-3"],
  ...["1-2", "::", "2001:db8::1/64", "0.0.0.0/0", "255.255.255.255/0", "192.0.2.1/"],
];

/** The folders in a folder, each by its files. */
const foldersOf = (path: string): Record<string, string>[] =>
  readdirSync(path)
    .filter((name) => name !== "published")
    .map((name) => join(path, name))
    .map((folder) =>
      Object.fromEntries(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name))
          .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]),
      ),
    );

const sound = ["rehearsals", "rehearsals/published"].flatMap((path) => foldersOf(join(projectRoot, path)));

/** Lints it, and thinks up a lab. @throws FolderError where a slip leaves no configuration */
function readAll(files: Record<string, string>): void {
  const { folder, directors } = aFolder(files);
  lint(folder);
  labOfPlan("any", inferPlan(folder, directors).plan, { folder, directors });
}

/** A slip: a word, a line too many or too few. Numbers are parts of a whole: which file, which line, which word. */
const slip = fc.record({
  kind: fc.constantFrom("word", "word", "behind", "without", "twice"),
  at: fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)),
  word: fc.constantFrom(...odd),
});

const part = <T>(all: readonly T[], thousandths: number): number => Math.floor((thousandths / 1000) * all.length);

function withSlip(files: Record<string, string>, { kind, at: [file, line, word], word: written }: SlipOf<typeof slip>) {
  const names = Object.keys(files).filter((name) => name.endsWith(".conf"));
  const name = names[part(names, file)] as string;
  const lines = (files[name] ?? "").split("\n");
  const index = part(lines, line);
  const words = (lines[index] ?? "").split(/( +)/);
  words[part(words, word)] = written;
  const changed = {
    word: [words.join("")],
    behind: [`${lines[index]} ${written}`],
    without: [],
    twice: [lines[index] ?? "", lines[index] ?? ""],
  }[kind];
  return { ...files, [name]: lines.toSpliced(index, 1, ...changed).join("\n") };
}

type SlipOf<A> = A extends fc.Arbitrary<infer T> ? T : never;

test("whatever slips a folder has, lint reads it and a lab can be thought up", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.constantFrom(...sound), fc.array(slip, { minLength: 1, maxLength: 3 }), (files, slips) => {
      try {
        readAll(slips.reduce(withSlip, files));
        read++;
      } catch (error) {
        if (!(error instanceof FolderError)) throw error;
      }
    }),
    { seed, numRuns },
  );
  expect(read / numRuns).toBeGreaterThan(0.9);
});

test("so it is with what keepalived reads otherwise than it is written", () => {
  const all = foldersOf(join(import.meta.dirname, "conf"));
  expect(all.length).toBeGreaterThan(9);
  for (const files of all) readAll(files);
});
