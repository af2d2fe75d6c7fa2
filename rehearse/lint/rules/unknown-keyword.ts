import { nearest } from "../../../lab/yaml/nearest.ts";
import { hasBlock, type Keywords, keywords, kindOf, since } from "../../conf/keywords.ts";
import type { Statement } from "../../conf/tree.ts";
import type { Found, Rule } from "../rule.ts";

/** The names of the blocks in which keepalived knows a keyword; empty for outside of all. */
function blocksWith(keyword: string, block: Keywords = keywords, name = ""): string[] {
  const inner = Object.entries(block).flatMap(([one, kind]) =>
    typeof kind === "object" ? blocksWith(keyword, kind, one) : [],
  );
  return [...new Set([...(kindOf(block, keyword) === undefined ? [] : [name]), ...inner])];
}

const inBlock = (name: string): string => (name === "" ? "outside of all blocks" : `in ${name}`);

/** What to write instead of a keyword that the block does not have. */
function fixFor(keyword: string, block: Keywords): string {
  const blocks = blocksWith(keyword).map(inBlock);
  if (blocks.length > 3) return "write it in a block that has it";
  if (blocks.length > 0) return `write it ${blocks.join(", or ")}`;
  const meant = nearest(keyword, Object.keys(block));
  if (meant !== undefined) return `write ${meant}`;
  return "group" in block ? "remove it; if it is the name of an instance, write it in group { }" : "remove it";
}

/**
 * What of a block keepalived does not read as it is written.
 * @param around the statement whose block it is
 * @param next what is written after it
 */
function* lookIn(
  statements: readonly Statement[],
  block: Keywords,
  around?: Statement,
  next?: Statement,
): Iterable<Found> {
  const name = around?.keyword ?? "";
  const ignoresBrace = `ignores its {${around ? `, so that its } closes ${[name, ...around.words].join(" ")}` : ""}`;
  for (const [index, statement] of statements.entries()) {
    const { keyword } = statement;
    const kind = kindOf(block, keyword);
    const after = statements[index + 1] ?? next;
    const misread = { at: statement, ...(statement.block && around && after ? { also: [after] } : {}) };
    const version = since[`${name}/${keyword}`];
    if (kind === undefined)
      yield {
        ...misread,
        message:
          `keepalived has no keyword ${keyword} ${inBlock(name)}, and ` +
          (statement.block ? ignoresBrace : "ignores the line"),
        fix: fixFor(keyword, block),
      };
    else if (!hasBlock(kind) && statement.block)
      yield {
        ...misread,
        message: `${keyword} has no block ${inBlock(name)}, and keepalived ${ignoresBrace}`,
        fix: "write its value on its line, without braces",
      };
    else if (hasBlock(kind) && !statement.block)
      yield {
        at: statement,
        message: `${keyword} needs a block, and keepalived takes all up to the next } for it`,
        fix: "write its { and its }",
      };
    else if (version !== undefined)
      yield {
        at: statement,
        level: "note",
        message: `keepalived knows ${keyword} ${inBlock(name)} since version ${version}`,
        fix: "see that every director has this version: Debian 12 has 2.2.7, Debian 13 has 2.3.3",
      };
    if (typeof kind === "object" && statement.block) yield* lookIn(statement.block, kind, statement, after);
  }
}

export const unknownKeyword: Rule = {
  id: "unknown-keyword",
  title: "a keyword that keepalived does not know at its place",
  level: "error",
  why:
    "keepalived starts all the same, without what the line is to say: what it does instead is the default. Of a block it ignores only the {, so that the } " +
    "closes the block around it. What then follows stands outside, where keepalived does not know it either.",
  source: "process_stream() and alloc_value_block() in keepalived's lib/parser.c, the same from 2.2.7 to 2.4.3",
  *look({ folder }) {
    for (const { written } of folder.configurations) yield* lookIn(written, keywords);
  },
};
