/** Nothing can be reached in a lab whose host is down. */
export class LabHostDownError extends Error {
  override readonly name = "LabHostDownError";

  constructor(directory: string) {
    super(`the lab host in ${directory} is not running; \`pulumi up\` starts it`);
  }
}
