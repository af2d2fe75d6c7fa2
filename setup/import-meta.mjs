// @ts-check
/** The places of modules that become part of one file. */

/** In pieces: this module may itself become part of such a file. */
export const META = ["import", "meta"].join(".");

/**
 * A source in which `import.meta` tells the module's own place.
 * @param {string} source
 * @param {{ url: string, dirname: string }} place expressions in JavaScript
 * @returns {string | undefined} undefined: the module does not ask for its place
 */
export const withPlace = (source, { url, dirname }) =>
  source.includes(`${META}.`)
    ? source.replaceAll(`${META}.url`, url).replaceAll(`${META}.dirname`, dirname)
    : undefined;
