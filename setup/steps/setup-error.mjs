// @ts-check

/** A failure that the user can fix: the message states the problem and the fix, without a stack trace. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";
}
