import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { labHostRef } from "../../provision/host/reach.ts";
import { projectRoot } from "../../provision/paths.ts";
import type { ResourceDefinition } from "../../provision/resource.ts";
import { resources } from "../../provision/resources.ts";
import { serverRef } from "../../provision/ssh/index.ts";

/** The page that this writes. */
export const resourceDocsFile = join(projectRoot, "docs/resources.md");

/** An object, or one of several kinds of objects. */
type Shared = z.ZodObject | z.ZodDiscriminatedUnion<readonly z.ZodObject[]>;

/** Schemas that many resources share, shown once at the page's end instead of in every table, and the files that they are in. */
const references: readonly { readonly schema: Shared; readonly name: string; readonly file: string }[] = [
  { schema: serverRef, name: "ServerRef", file: "provision/ssh/server.ts" },
  { schema: labHostRef, name: "LabHostRef", file: "provision/host/reach.ts" },
];

/** docs/resources.md, from the definitions themselves: what a property means is the comment that it has there. */
export async function resourceDocs(): Promise<string> {
  const files = await filesByType();
  const rows = resources.map(({ type, summary }) => `| [${type}](#${type.toLowerCase()}) | ${summary} |`);
  return `${[
    "# The provider's resources",
    "<!-- Written by `npm run docs` from provision/resources.ts: change the definitions, not this file. -->",
    intro,
    ["| resource | what it is |", "|---|---|", ...rows].join("\n"),
    ...(await Promise.all(resources.map((definition) => section(definition, files.get(definition.type) ?? "")))),
    "## How things are reached",
    ...(await Promise.all(references.map(referenceSection))),
  ].join("\n\n")}\n`;
}

const intro = `The provider \`lvs\` makes these; their Pulumi type is \`lvs:index:TYPE\`. [architecture.md](architecture.md) explains the contract
behind them. A property is one of

- **place**: where the thing is, or what it hangs on. Never observed.
- **wanted**: the state that the resource stands for. It is observed, so \`pulumi refresh\` shows what a hand has changed, and \`up\` mends it.
  A property that is *always* some value need not be written: it is there to be observed.
- **found**: an output that is found out, not asked for.`;

interface Row {
  readonly property: string;
  readonly kind: "place" | "wanted" | "found";
  readonly value: string;
}

async function section(definition: ResourceDefinition, file: string): Promise<string> {
  const { type, summary, where, want, facts = [], secretFacts = [], replaceOn = [], watch } = definition;
  const secrets: readonly string[] = secretFacts;
  const found = facts.map(
    (fact: string): Row => ({ property: fact, kind: "found", value: secrets.includes(fact) ? "secret" : "" }),
  );
  const notes = [
    ...(watch ? ["It is looked at on every `pulumi up`, not only on `pulumi refresh`."] : []),
    ...replaceOn.map((key) => `Another \`${key}\` makes another resource.`),
  ];
  return [
    `## ${type}`,
    [summary, ...notes, `Source: [${file}](../${file}).`].join(" "),
    table([...rowsOf(where, "place"), ...rowsOf(want, "wanted"), ...found], await meanings(file)),
  ].join("\n\n");
}

async function referenceSection({ schema, name, file }: (typeof references)[number]): Promise<string> {
  return [`### ${name}`, `Source: [${file}](../${file}).`, table(rowsOf(schema, "place"), await meanings(file))].join(
    "\n\n",
  );
}

function table(rows: readonly Row[], meaning: ReadonlyMap<string, string>): string {
  const cells = rows.map(({ property, kind, value }) => [`\`${property}\``, kind, value, meaning.get(property) ?? ""]);
  return [["property", "kind", "value", "meaning"], ["---", "---", "---", "---"], ...cells]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function rowsOf(schema: Shared, kind: Row["kind"]): Row[] {
  if ("shape" in schema)
    return Object.entries(schema.shape).map(([property, value]) => ({
      property,
      kind,
      value: describeSchema(value as z.ZodType),
    }));
  // Of several kinds, each property once, with all of its values.
  const all = schema.options.flatMap((option) => rowsOf(option, kind));
  const properties = [...new Set(all.map(({ property }) => property))];
  return properties.map((property) => {
    const values = all.filter((row) => row.property === property).map(({ value }) => value);
    return { property, kind, value: [...new Set(values)].join(", or ") };
  });
}

/** What a property may be, in words. */
function describeSchema(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional) return `${describeSchema(schema.unwrap() as z.ZodType)}, or nothing`;
  const reference = references.find((one) => one.schema === schema)?.name;
  if (reference) return `[${reference}](#${reference.toLowerCase()})`;
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  return inWords(json);
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

const formats: Readonly<Record<string, string>> = {
  ipv4: "IPv4 address",
  cidrv4: "IPv4 address with prefix length",
  ipv6: "IPv6 address",
  cidrv6: "IPv6 address with prefix length",
  uri: "URL",
};

function inWords(schema: JsonSchema): string {
  if (schema.const !== undefined)
    return schema.default === undefined ? `\`${schema.const}\`` : `always \`${schema.const}\``;
  return `${plainWords(schema)}${defaultWords(schema.default)}`;
}

function plainWords(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map((one) => inWords(one as JsonSchema)).join(", or ");
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.type === "array")
    return schema.maxItems === 0 ? "an empty list" : `list of: ${inWords(schema.items as JsonSchema)}`;
  if (schema.type === "object" && schema.properties)
    return Object.entries(schema.properties)
      .map(([key, value]) => `\`${key}\` (${inWords(value as JsonSchema)})`)
      .join(", ");
  if (schema.type === "object") return `map of: ${inWords(schema.additionalProperties as JsonSchema)}`;
  return formats[schema.format ?? ""] ?? String(schema.type);
}

/** A default in a table's cell; a text of several lines is named, not shown. */
function defaultWords(value: unknown): string {
  if (value === undefined || Array.isArray(value)) return "";
  if (typeof value === "string" && value.includes("\n")) return "; default: see the source";
  return `; default \`${value}\``;
}

/** The file that defines each resource, relative to the project's root. */
async function filesByType(): Promise<Map<string, string>> {
  const names = await readdir(join(projectRoot, "provision"), { recursive: true });
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => `provision/${name}`);
  const found = await Promise.all(
    files.map(async (file): Promise<[string, string][]> => {
      const text = await readFile(join(projectRoot, file), "utf8");
      return [...text.matchAll(/^ {2}type: "(\w+)",$/gm)].map(([, type = ""]) => [type, file]);
    }),
  );
  return new Map(found.flat());
}

/** What a file's comments say of the properties of its schemas. */
async function meanings(file: string): Promise<Map<string, string>> {
  const text = await readFile(join(projectRoot, file), "utf8");
  const comments = text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])+)\*\/\n +(\w+): (?:z\.|absolute|serverRef|labHostRef)/g);
  return new Map(
    [...comments].map(([, comment = "", property = ""]) => [property, comment.replace(/\s*\n\s*\*?\s*/g, " ").trim()]),
  );
}

if (import.meta.filename === process.argv[1]) await writeFile(resourceDocsFile, await resourceDocs());
