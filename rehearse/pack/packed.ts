import type { Doubt, Replaced } from "./redaction.ts";

/** A file of the archive. */
export interface PackedFile {
  readonly content: string | Buffer;
  readonly executable: boolean;
}

/** What goes into an archive, and what somebody should know of it before it is posted. */
export interface Packed {
  /** The folder that everything is in. */
  readonly name: string;
  /** By their names in that folder, sorted. */
  readonly files: ReadonlyMap<string, PackedFile>;
  readonly replaced: readonly Replaced[];
  readonly doubts: readonly Doubt[];
}
