import { Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { Problem } from "./problem.ts";

/** The way to a property from the top of the file. */
export type Path = readonly PropertyKey[];

export const samePath = (a: Path, b: Path): boolean =>
  a.length === b.length && a.every((step, index) => step === b[index]);

/** A problem as a rule states it, before it has a place in a file. */
export interface Finding {
  readonly rule: string;
  readonly path: Path;
  /** Point at the property's key instead of its value. */
  readonly atKey?: boolean;
  readonly expected: string;
  /** Left out: what was written there. */
  readonly found?: string;
  readonly remedy: string;
  /** The property that this one clashes with. */
  readonly other?: Path;
}

/** A YAML file as plain data that knows where each piece of it was written. */
export interface YamlFile {
  /** The file's contents as plain data; undefined if it is no valid YAML. */
  readonly value: unknown;
  /** What is wrong with the YAML itself. */
  readonly problems: readonly Problem[];
  /** Puts a finding at its place in the file. A property that is missing has its parent's place. */
  locate(finding: Finding): Problem;
  /** The line that a property begins in, from 1; of one that is missing its parent's. */
  lineOf(path: Path): number;
}

/** Reads YAML 1.2. Never throws: what is wrong is in `problems`. */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  // Duplicate keys are looked for below, where both places and the property's path are known.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });

  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    rule: "syntax",
    ...positionOf(lines, { start: error.pos[0], end: error.pos[1] }),
    path: "",
    expected: "valid YAML",
    found: `an error: ${error.message.replace(/\.$/, "")}`,
    remedy:
      error.code === "TAB_AS_INDENT"
        ? "indent with spaces, not with tabs"
        : "look at this line and the one above it for indentation, a missing colon or an open quote",
  }));

  const aliases = danglingAliases(document).map((alias) => ({
    rule: "syntax",
    ...positionOf(lines, rangeOfNode(alias)),
    path: "",
    expected: "an alias (*name) that names an anchor (&name) above it",
    found: slice(text, alias),
    remedy: "put text that starts with * in quotes, or write the anchor",
  }));

  const duplicates = duplicateKeys(document.contents, []).map(({ path, first, second }) => {
    const { line, column } = positionOf(lines, rangeOfNode(first));
    return {
      rule: "duplicate-key",
      ...positionOf(lines, rangeOfNode(second)),
      path: formatPath(path),
      expected: "each key once in a map",
      found: `${slice(text, second)} a second time`,
      remedy: "keep one of the two",
      other: { line, column },
    };
  });

  const broken = [...syntax, ...aliases];
  const { value, problems = duplicates } = broken.length > 0 ? { problems: broken } : toData(document);
  return {
    value,
    problems,
    locate({ rule, path, atKey = false, expected, found, remedy, other }) {
      const spot = find(document, path);
      const elsewhere = other && positionOf(lines, rangeOfSpot(find(document, other), false));
      return {
        rule,
        ...positionOf(lines, rangeOfSpot(spot, atKey)),
        path: formatPath(path),
        expected,
        found: found ?? written(text, document, spot),
        remedy,
        ...(elsewhere && { other: { line: elsewhere.line, column: elsewhere.column } }),
      };
    },
    lineOf(path) {
      const { key, value } = find(document, path);
      const node = key ?? value;
      return positionOf(lines, node ? rangeOfNode(node) : { start: 0, end: 0 }).line;
    },
  };
}

/** The document as plain data, unless its aliases multiply beyond the measure that yaml sets. */
function toData(document: Document): { value?: unknown; problems?: Problem[] } {
  try {
    return { value: document.toJS() };
  } catch (error) {
    return {
      problems: [
        {
          rule: "syntax",
          line: 1,
          column: 1,
          length: 1,
          path: "",
          expected: "aliases (*name) that can be written out",
          found: `an error: ${error instanceof Error ? error.message : String(error)}`,
          remedy: "write the values themselves instead of aliases",
        },
      ],
    };
  }
}

/** `servers[1].address` for `["servers", 1, "address"]`. */
function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${String(step)}`))
    .join("");
}

/** Offsets into the text. */
interface Range {
  readonly start: number;
  readonly end: number;
}

function positionOf(lines: LineCounter, { start, end }: Range): { line: number; column: number; length: number } {
  const { line, col } = lines.linePos(start);
  return { line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(end - start, 1) };
}

function rangeOfNode(node: Node): Range {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}

/** Where a path leads to in the document, or as far as it leads. */
interface Spot {
  /** The key that the value stands under, if it stands in a map. */
  readonly key: Node | undefined;
  /** The value, an alias not followed. */
  readonly value: Node | undefined;
  /** Whether the path's last steps are not there. */
  readonly missing: boolean;
}

function find(document: Document, path: Path): Spot {
  let spot: Spot = { key: undefined, value: document.contents ?? undefined, missing: false };
  for (const step of path) {
    const parent = follow(document, spot.value);
    if (isMap(parent)) {
      // The last one, as in the data: a map with the same key twice is reported, and read on.
      const pair = parent.items.findLast(({ key }) => keyText(key) === String(step));
      if (!pair) {
        return { ...spot, missing: true };
      }
      spot = { key: asNode(pair.key), value: asNode(pair.value), missing: false };
    } else {
      const item = isSeq(parent) && typeof step === "number" ? asNode(parent.items[step]) : undefined;
      if (!item) {
        return { ...spot, missing: true };
      }
      spot = { key: undefined, value: item, missing: false };
    }
  }
  return spot;
}

const asNode = (value: unknown): Node | undefined => (isNode(value) ? value : undefined);

const follow = (document: Document, node: Node | undefined): Node | undefined =>
  isAlias(node) ? node.resolve(document) : node;

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** A value in one piece is pointed at itself, a map or list by its key, or by its start where there is no key. */
function rangeOfSpot({ key, value, missing }: Spot, atKey: boolean): Range {
  const inOnePiece = isScalar(value) || isAlias(value);
  if (value && inOnePiece && !missing && !atKey && !isEmpty(value)) {
    return rangeOfNode(value);
  }
  if (key) {
    return rangeOfNode(key);
  }
  const { start } = value ? rangeOfNode(value) : { start: 0 };
  return { start, end: start };
}

/** Whether the value is one that was not written, as in `name:`. */
const isEmpty = (node: Node): boolean => isScalar(node) && node.value === null && node.source === "";

/** What was written, in a few words. */
function written(text: string, document: Document, { value, missing }: Spot): string {
  const node = follow(document, value);
  if (missing || !node || isEmpty(node)) {
    return "nothing";
  }
  if (isMap(node)) {
    return "a map";
  }
  return isSeq(node) ? "a list" : slice(text, node);
}

const longestFound = 60;

/** The source of a node, cut to one line of a bearable length. */
function slice(text: string, node: Node): string {
  const { start, end } = rangeOfNode(node);
  const source = text.slice(start, end).trimEnd();
  const [line = ""] = source.split(/\r?\n/);
  const cut = line.slice(0, longestFound);
  return cut.length < source.length ? `${cut}…` : cut;
}

interface DuplicateKey {
  readonly path: Path;
  readonly first: Node;
  readonly second: Node;
}

function duplicateKeys(node: unknown, path: Path): DuplicateKey[] {
  if (isSeq(node)) {
    return node.items.flatMap((item, index) => duplicateKeys(item, [...path, index]));
  }
  if (!isMap(node)) {
    return [];
  }
  const seen = new Map<string, Node>();
  return node.items.flatMap(({ key, value }) => {
    const text = keyText(key);
    const here = [...path, text];
    const inside = duplicateKeys(value, here);
    const first = seen.get(text);
    if (!isNode(key) || first) {
      return isNode(key) && first ? [{ path: here, first, second: key }, ...inside] : inside;
    }
    seen.set(text, key);
    return inside;
  });
}

/** Aliases without an anchor above them: `toJS` would throw on them, without a place. */
function danglingAliases(document: Document): Node[] {
  const within = (node: unknown): Node[] => {
    if (isAlias(node)) {
      return node.resolve(document) ? [] : [node];
    }
    if (isMap(node)) {
      return node.items.flatMap(({ key, value }) => [...within(key), ...within(value)]);
    }
    return isSeq(node) ? node.items.flatMap(within) : [];
  };
  return within(document.contents);
}

/** Plain data as YAML 1.2. Maps and lists that hold no others stand on one line. */
export function writeYaml(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Collection: (_, node) => {
      const inner = isMap(node) ? node.items.map((pair) => pair.value) : node.items;
      node.flow = inner.every((each) => !isMap(each) && !isSeq(each));
    },
  });
  const top = document.contents;
  if (isMap(top)) top.flow = false;
  return document.toString({ lineWidth: 0 });
}
