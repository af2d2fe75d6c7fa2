import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { controls, setups } from "../../lab/schema.ts";
import { projectRoot } from "../../provision/paths.ts";

/** The page that has the generated part. */
export const reportDocsFile = join(projectRoot, "docs/report.md");

/** The files that define the interfaces of the reports. */
const sources = [
  "verify/report/result.ts",
  "verify/checks/check.ts",
  "verify/live/view.ts",
  "verify/probe/records.ts",
  "verify/probe/outage.ts",
  "verify/probe/series.ts",
  "verify/probe/summary.ts",
  "verify/wire/records.ts",
  "rehearse/report/result.ts",
  "rehearse/reload/result.ts",
  "rehearse/reload/row.ts",
] as const;

/** The parts of the page: the interface that each begins with, and the file that has it. */
const parts = [
  { root: "RunResult", source: "verify/report/result.ts" },
  { root: "MatrixResult", source: "rehearse/report/result.ts" },
  { root: "RollOutResult", source: "rehearse/reload/result.ts" },
] as const;

const END = "<!-- End of what is written. -->";

/** Texts for types that are not interfaces. */
const aliases: Readonly<Record<string, string>> = {
  Ip: "string",
  Setup: setups.map((one) => `"${one}"`).join(" | "),
  Control: controls.map((one) => `"${one}"`).join(" | "),
};

/** docs/report.md with the current fields of result.json, matrix.json and roll-out.json. */
export async function reportDocs(): Promise<string> {
  let page = await readFile(reportDocsFile, "utf8");
  const interfaces = await interfacesByName();
  const written = new Set<string>();
  for (const { root, source } of parts) {
    const begin = `<!-- Written by \`npm run docs\` from ${source}: change the comments there, not this. -->`;
    const [before = "", rest] = page.split(begin);
    const end = rest?.indexOf(END) ?? -1;
    if (rest === undefined || end < 0)
      throw new Error(`${reportDocsFile} has lost its marks: put "${begin}" and "${END}" back`);
    page = `${before}${begin}\n\n${fieldsFrom(root, interfaces, written)}\n\n${rest.slice(end)}`;
  }
  return page;
}

/** A section for every interface that is not written yet, in the order of first use from `root` on. */
function fieldsFrom(root: string, interfaces: Interfaces, written: Set<string>): string {
  const met = new Set([root]);
  const sections: string[] = [];
  for (const name of met) {
    if (written.has(name)) continue;
    written.add(name);
    const declaration = interfaces.get(name);
    if (!declaration) throw new Error(`there is no interface ${name} in ${sources.join(", ")}: add its file to them`);
    const rows = rowsOf(declaration.members, interfaces, (other) => met.add(other));
    const table = [["field", "type", "meaning"], ["---", "---", "---"], ...rows]
      .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
      .join("\n");
    sections.push([`### ${name}`, comment(declaration), table].filter(Boolean).join("\n\n"));
  }
  return sections.join("\n\n");
}

type Interfaces = ReadonlyMap<string, ts.InterfaceDeclaration>;

async function interfacesByName(): Promise<Interfaces> {
  const found = new Map<string, ts.InterfaceDeclaration>();
  for (const path of sources) {
    const text = await readFile(join(projectRoot, path), "utf8");
    for (const statement of ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true).statements)
      if (ts.isInterfaceDeclaration(statement)) found.set(statement.name.text, statement);
  }
  return found;
}

/** The rows of a table. The fields of an anonymous object are rows too: `latency.medianMs`. */
function rowsOf(
  members: ts.NodeArray<ts.TypeElement>,
  interfaces: Interfaces,
  meet: (name: string) => void,
  prefix = "",
): string[][] {
  return members.flatMap((member) => {
    if (!ts.isPropertySignature(member) || !member.type) return [];
    const name = prefix + member.name.getText();
    const optional = member.questionToken ? "; may be absent" : "";
    const { inner, list } = unwrap(member.type);
    if (ts.isTypeLiteralNode(inner)) {
      const kind = list ? "list of objects" : "object";
      const below = rowsOf(inner.members, interfaces, meet, `${name}${list ? "[]" : ""}.`);
      return [[`\`${name}\``, kind + optional, comment(member)], ...below];
    }
    return [[`\`${name}\``, typeWords(inner, list, interfaces, meet) + optional, comment(member)]];
  });
}

/** A type without `readonly`; for a list, the type of its items. */
function unwrap(type: ts.TypeNode, list = false): { inner: ts.TypeNode; list: boolean } {
  if (ts.isTypeOperatorNode(type) || ts.isParenthesizedTypeNode(type)) return unwrap(type.type, list);
  if (ts.isArrayTypeNode(type)) return unwrap(type.elementType, true);
  return { inner: type, list };
}

function typeWords(type: ts.TypeNode, list: boolean, interfaces: Interfaces, meet: (name: string) => void): string {
  const named = (text: string): string => {
    if (interfaces.has(text)) {
      meet(text);
      return `[${text}](#${text.toLowerCase()})`;
    }
    return `\`${aliases[text] ?? text.replace(/^Readonly<(.*)>$/, "$1")}\``;
  };
  const words = ts.isUnionTypeNode(type)
    ? unionWords(type, named)
    : named(resolved(type, interfaces).getText().replace(/\s+/g, " "));
  return list ? `list of ${words}` : words;
}

/** A union is shown as code, unless one of its members has a section to link to. */
const unionWords = (type: ts.UnionTypeNode, named: (text: string) => string): string => {
  const members = type.types.map((member) => member.getText());
  const words = members.map(named);
  return words.some((word) => word.startsWith("[")) ? words.join(" or ") : `\`${members.join(" | ")}\``;
};

/** Resolves `Outage["counts"]` to the type of the field. */
function resolved(type: ts.TypeNode, interfaces: Interfaces): ts.TypeNode {
  if (!ts.isIndexedAccessTypeNode(type)) return type;
  const field = type.indexType.getText().slice(1, -1);
  const member = interfaces.get(type.objectType.getText())?.members.find((one) => one.name?.getText() === field);
  return member && ts.isPropertySignature(member) && member.type ? member.type : type;
}

/** The comment of a declaration, one line a paragraph. */
function comment(node: ts.Node): string {
  const text = ts.getJSDocCommentsAndTags(node).flatMap((doc) => ts.getTextOfJSDocComment(doc.comment) ?? []);
  const flat = text.join("\n").replace(/(?<!\n)\n(?!\n|- )/g, " ");
  return ts.isInterfaceDeclaration(node) ? flat : flat.replace(/\n+-? ?/g, "; ");
}

if (import.meta.filename === process.argv[1]) await writeFile(reportDocsFile, await reportDocs());
