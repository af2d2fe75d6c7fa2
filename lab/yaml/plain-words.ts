import { z } from "zod";

/** What of a JSON Schema is put into words. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** What a schema without an explanation of its own says that a property must be; `key` is the property's name. */
export function inPlainWords(
  schema: z.ZodType | undefined,
  key: PropertyKey | undefined,
): { expected: string; remedy: string } {
  const json: JsonSchema = schema ? (z.toJSONSchema(schema, { unrepresentable: "any" }) as JsonSchema) : {};
  const form = formOf(json);
  return {
    expected: json.description ? `${json.description}: ${form}` : form,
    remedy:
      json.default === undefined
        ? `write ${form}`
        : `write \`${String(key)}: ${JSON.stringify(json.default)}\`, which is the default, or leave it out`,
  };
}

function formOf(json: JsonSchema): string {
  if (json.enum) {
    return `one of ${json.enum.map(String).join(", ")}`;
  }
  switch (json.type) {
    case "integer":
      return `a whole number${range(json)}`;
    case "number":
      return `a number${range(json)}`;
    case "boolean":
      return "true or false";
    case "string":
      return `text${json.maxLength === undefined ? "" : ` of ${json.minLength ?? 0} to ${json.maxLength} characters`}`;
    case "array":
      return "a list";
    case "object":
      return "a map";
    default:
      return "another value";
  }
}

/** Bounds that are there only because a double has them are not told. */
function range({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const told = (bound: number | undefined) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const from = told(minimum) ? ` from ${minimum}` : told(exclusiveMinimum) ? ` above ${exclusiveMinimum}` : "";
  return `${from}${told(maximum) ? ` ${from ? "" : "up "}to ${maximum}` : ""}`;
}
