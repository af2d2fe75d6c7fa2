/**
 * The exit status of `lvs-lab`. 0 and 1 are its own (all well; a check or command failed); the others are Pulumi's taxonomy
 * (`sdk/go/common/util/cmdutil/exit.go`), so that a pipeline that knows one knows the other.
 */
export const exitStatus = {
  ok: 0,
  failed: 1,
  configuration: 2,
  resource: 4,
  stackNotFound: 6,
  cancelled: 8,
  timeout: 9,
  internal: 255,
} as const;

/** An error that a user can mend: its message is all that is shown. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly status: number;

  constructor(message: string, status: number = exitStatus.failed, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Another command works on the stack, or a pulumi. Nothing was changed. */
export class StackInUseError extends CliError {}

/** There is no `pulumi` to be run. */
export class NoPulumiError extends CliError {
  constructor() {
    super(
      "there is no `pulumi`: run `npm run setup`, which builds it, or install Pulumi's own",
      exitStatus.configuration,
    );
  }
}
