/**
 * Exit status of `lvs-lab`. 0 and 1 are its own (success; a check or command failed). The others follow Pulumi
 * (`sdk/go/common/util/cmdutil/exit.go`), so that pipelines can treat both alike.
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

/** An error that the user can fix: only its message is shown. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly status: number;

  constructor(message: string, status: number = exitStatus.failed, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Another command or pulumi works on the stack. Nothing was changed. */
export class StackInUseError extends CliError {}

/** The program `pulumi` is missing. */
export class NoPulumiError extends CliError {
  constructor() {
    super(
      "`pulumi` is missing. Fix: run `npm run setup`, which builds it, or install Pulumi's own",
      exitStatus.configuration,
    );
  }
}
