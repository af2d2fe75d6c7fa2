// @ts-check
/**
 * What a stack may be called. Pulumi also takes `.`, `..` and names of up to 100 characters; a stack's name is that of its lab's directory too,
 * and part of the path of a Unix socket, of which 107 bytes are all there may be.
 */
const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** The same in words. */
export const stackNameRule =
  "A stack's name is made of letters, digits, `-`, `_` and `.`, begins with a letter or a digit, and has at most 40 characters.";

/** @param {string} name @returns {boolean} */
export const isStackName = (name) => pattern.test(name);
