import { type Keywords, type Kind, keywords, kindOf } from "./keywords.ts";
import type { Statement } from "./tree.ts";

/** A statement where a keyword is wanted. */
export interface Placed {
  readonly at: Statement;
  /** What follows the keyword; undefined if keepalived does not know it there. */
  readonly kind: Kind | undefined;
  /** What may stand there. */
  readonly block: Keywords;
  /** The statement whose block it is; none outside of all blocks. */
  readonly around?: Statement;
  /** What is written after it and its block. */
  readonly next?: Statement;
}

/** Every statement of a configuration, as it is written, but for lines of lists, and for what is in blocks that keepalived does not know. */
export function* everyStatement(
  statements: readonly Statement[],
  { block = keywords, around, next }: Partial<Pick<Placed, "block" | "around" | "next">> = {},
): Iterable<Placed> {
  for (const [index, at] of statements.entries()) {
    const kind = kindOf(block, at.keyword);
    const after = statements[index + 1] ?? next;
    const then = after ? { next: after } : {};
    yield { at, kind, block, ...(around ? { around } : {}), ...then };
    if (typeof kind === "object") yield* everyStatement(at.block ?? [], { block: kind, around: at, ...then });
  }
}
