import type { BootUnit } from "./boot-unit.ts";

/** A step by which a person brings about a part of a role. */
export interface Step {
  /** Why: a sentence or two of plain text. */
  readonly why: string;
  /** What root types in bash, in order. A command with a here-document has several lines. */
  readonly commands: readonly string[];
}

/** How a person brings about a role, with the commands that the role itself runs. */
export interface ByHand {
  /** On the server. They may be typed again. */
  readonly steps: readonly Step[];
  /** On the person's own machine, once every server with the role has been through its `steps`. */
  readonly ownMachine?: readonly Step[];
  /** The unit that repeats the steps at boot, where a reboot undoes them: they set things in the kernel. */
  readonly unit?: BootUnit;
}
