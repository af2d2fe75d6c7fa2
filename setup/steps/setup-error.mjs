// @ts-check

/** A failure that the user can mend: the message says what is wrong and what to do, without a stack trace. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";
}
