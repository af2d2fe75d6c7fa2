import { isDeepStrictEqual } from "node:util";

/**
 * Pulumi's wire values. A provider written on the Node SDK receives properties raw: secrets wrapped in an object with a signature,
 * unknowns (previews) as a sentinel string. Both constants are part of Pulumi's protocol (`sdk/nodejs/runtime/rpc.ts`).
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Properties = Record<string, unknown>;

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;
const isSecret = (value: unknown): value is { value: unknown } => isObject(value) && value[SIGNATURE] === SECRET;

/** `value` marked as a secret, so that Pulumi encrypts it in the state and hides it in its output. */
export const secret = (value: unknown): Properties => ({ [SIGNATURE]: SECRET, value });

/** The plain value below any secret wrappers. */
export function unwrap(value: unknown): unknown {
  if (isSecret(value)) return unwrap(value.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item)]));
  return value;
}

/** Whether a preview's "not known yet" is anywhere in `value`. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return isObject(value) && Object.values(value).some(hasUnknown);
}

const hasSecret = (value: unknown): boolean =>
  isSecret(value) || (isObject(value) && Object.values(value).some(hasSecret));

/** `value` as it is to be handed back where `original` came in: secret if anything in `original` was. */
export function wrapLike(original: unknown, value: unknown): unknown {
  if (isDeepStrictEqual(unwrap(original), value)) return original;
  return hasSecret(original) ? secret(value) : value;
}
