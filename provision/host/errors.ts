/** The lab host is down, so nothing in the lab can be reached. */
export class LabHostDownError extends Error {
  override readonly name = "LabHostDownError";

  constructor(directory: string) {
    super(`the lab host in ${directory} is not running; \`pulumi up\` starts it`);
  }
}
