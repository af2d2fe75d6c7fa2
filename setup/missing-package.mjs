// @ts-check

/**
 * What an error says about a package that Node did not find: the set-up was not run, or not since the project needs the package.
 * @param {unknown} error
 * @returns {string | undefined} a sentence with the fix; undefined: the error is another one
 */
export function missingPackage(error) {
  if (!(error instanceof Error)) return undefined;
  const { code, requestPath } = /** @type {NodeJS.ErrnoException & { requestPath?: string }} */ (error);
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return missingPackage(error.cause);
  const wanted = requestPath ?? /'([^']+)'/.exec(error.message)?.[1] ?? "";
  const [name] = /^(@[^/]+\/)?[^./][^/]*/.exec(wanted) ?? []; // not of the project's own files
  return name && `the package ${name} is missing, as before the set-up. Fix: run \`npm run setup\``;
}
