import { isDeepStrictEqual } from "node:util";

/**
 * Pulumi's wire values. A provider written on the Node SDK receives raw properties: secrets wrapped in an object with a signature, unknown
 * values (in previews) as a sentinel string. Both constants are part of Pulumi's protocol (`sdk/nodejs/runtime/rpc.ts`).
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Properties = Record<string, unknown>;

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;
const isSecret = (value: unknown): value is { value: unknown } => isObject(value) && value[SIGNATURE] === SECRET;

/** Marks `value` as a secret: Pulumi encrypts it in the state and hides it in output. */
export const secret = (value: unknown): Properties => ({ [SIGNATURE]: SECRET, value });

/** The plain value inside any secret wrappers. */
export function unwrap(value: unknown): unknown {
  if (isSecret(value)) return unwrap(value.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item)]));
  return value;
}

/** Whether `value` contains an unknown value of a preview. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return isObject(value) && Object.values(value).some(hasUnknown);
}

const hasSecret = (value: unknown): boolean =>
  isSecret(value) || (isObject(value) && Object.values(value).some(hasSecret));

/** Wraps `value` as `original` was: secret if any part of `original` was. */
export function wrapLike(original: unknown, value: unknown): unknown {
  if (isDeepStrictEqual(unwrap(original), value)) return original;
  return hasSecret(original) ? secret(value) : value;
}
