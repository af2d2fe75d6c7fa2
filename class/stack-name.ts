/**
 * A student's id: a letter or digit, then up to 23 letters, digits and `.`, `_`, `-`. With the longest class's name (15) and a dot it is a
 * stack's name of 40 characters, the longest that there may be.
 */
export const studentId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/;

/**
 * The stack of a student: `CLASS.ID`, the id in lower case.
 *
 * Two students never share one. A class's name has no dot, so the first dot ends it: stacks of two classes differ, and in a class they differ
 * where ids do but for case. A roster with two ids that differ in case alone is refused.
 */
export const stackOf = (className: string, id: string): string => `${className}.${keyOf(id)}`;

/** What ids are compared by, and values derived from. */
export const keyOf = (id: string): string => id.toLowerCase();
