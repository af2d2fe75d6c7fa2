// @ts-check
/**
 * Valid stack names. Pulumi also takes `.`, `..` and names of up to 100 characters, but the name is also the lab's directory and part of a
 * Unix socket's path, which has at most 107 bytes.
 */
const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** The rule as text. */
export const stackNameRule =
  "A stack's name consists of letters, digits, `-`, `_` and `.`, begins with a letter or a digit, and has at most 40 characters.";

/** @param {string} name @returns {boolean} */
export const isStackName = (name) => pattern.test(name);
