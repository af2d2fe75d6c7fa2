/**
 * Something that the user can put right, about the running lab or about what was asked of it: its message says how and is all that is
 * shown. Every other `Error` is a bug.
 */
export class LabError extends Error {
  override readonly name = "LabError";
  /** `misuse`: it could not have worked on this lab whatever its state. `state`: the lab is not as it should be. */
  readonly kind: "misuse" | "state";

  constructor(message: string, kind: LabError["kind"] = "state", options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
