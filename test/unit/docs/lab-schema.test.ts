import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it, test } from "vitest";
import { labJsonSchema, labSchemaFile } from "../../../docs/generate/lab-schema.ts";
import { labNames } from "../../../lab/index.ts";
import { labSchema } from "../../../lab/schema.ts";
import { readYaml } from "../../../lab/yaml/document.ts";
import { propertyPaths } from "../../../lab/yaml/schema.ts";
import { projectRoot } from "../../../provision/paths.ts";

const written = await readFile(labSchemaFile, "utf8");
const schema = JSON.parse(written);
const files = [...labNames().map((name) => `labs/${name}.yaml`), "docs/everything.yaml"];
const textOf = (file: string) => readFile(join(projectRoot, file), "utf8");

test("lab/schema.json is what `npm run docs` writes", () => {
  expect(written).toBe(labJsonSchema());
});

describe("lab/schema.json", () => {
  // `uri` is left to the lab file's own check.
  const accepts = new Ajv({ allErrors: true, formats: { uri: true } }).compile(schema);
  const refusalsOf = (text: string) => {
    accepts(readYaml(text).value);
    return (accepts.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  };

  it.each(files)("accepts %s", async (file) => {
    expect(refusalsOf(await textOf(file))).toEqual([]);
  });

  it.each([
    ["an unknown key", "control: keepalived", "control: keepalived\nsevrices: []", " additionalProperties"],
    [
      "an unknown key in a server",
      "    role: director",
      "    role: director\n    ip: 1",
      "/servers/0 additionalProperties",
    ],
    ["an unknown value", "scheduler: rr", "scheduler: best", "/services/0/scheduler enum"],
    ["a number out of range", "priority: 100", "priority: 255", "/vrrp/0/members/0/priority maximum"],
    ["text for a number", "port: 80", "port: http", "/services/0/port type"],
    ["no list", "addresses: [172.25.254.250]", "addresses: 172.25.254.250", "/client/addresses type"],
    ["a missing key", "control: keepalived", "setup: manual", " required"],
  ])("refuses %s", async (_, from, to, refusal) => {
    const text = await textOf("labs/ha.yaml");
    expect(text).toContain(from);
    expect(refusalsOf(text.replace(from, to))).toEqual([refusal]);
  });

  it("describes every property", () => {
    const at = (node: typeof schema, step: string): typeof schema =>
      step === "[]" ? node.items : node.properties?.[step];
    const undescribed = propertyPaths(labSchema).filter(
      (path) => !path.replaceAll("[]", ".[]").split(".").reduce(at, schema)?.description,
    );
    expect(undescribed).toEqual([]);
  });
});

test.each(files)("%s names lab/schema.json for editors", async (file) => {
  expect(await textOf(file)).toMatch(/^# yaml-language-server: \$schema=\.\.\/lab\/schema\.json$/m);
});
