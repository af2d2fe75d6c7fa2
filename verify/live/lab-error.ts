/**
 * An error that the user can fix, of the running lab or of the command. Only its message is shown, which says how to fix it. Every other
 * `Error` is a bug.
 */
export class LabError extends Error {
  override readonly name = "LabError";
  /** `misuse`: the command cannot work on this lab in any state. `state`: the lab is not as it should be. */
  readonly kind: "misuse" | "state";

  constructor(message: string, kind: LabError["kind"] = "state", options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
