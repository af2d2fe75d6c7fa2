import { nearest } from "../../../lab/yaml/nearest.ts";
import { hasBlock, type Keywords, keywords, kindOf, since } from "../../conf/keywords.ts";
import { everyStatement, type Placed } from "../../conf/walk.ts";
import type { Found, Rule } from "../rule.ts";
import { haveVersion } from "../words.ts";

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

/** What keepalived does not read as it is written. */
function* lookAt({ at, kind, block, around, next }: Placed): Iterable<Found> {
  const { keyword } = at;
  const name = around?.keyword ?? "";
  const ignoresBrace = `ignores its {${around ? `, so that its } closes ${[name, ...around.words].join(" ")}` : ""}`;
  const misread = { at, ...(at.block && around && next ? { also: [next] } : {}) };
  const version = since[`${name}/${keyword}`];
  if (kind === undefined)
    yield {
      ...misread,
      message: `keepalived has no keyword ${keyword} ${inBlock(name)}, and ${at.block ? ignoresBrace : "ignores the line"}`,
      fix: fixFor(keyword, block),
    };
  else if (!hasBlock(kind) && at.block)
    yield {
      ...misread,
      message: `${keyword} has no block ${inBlock(name)}, and keepalived ${ignoresBrace}`,
      fix: "write its value on its line, without braces",
    };
  else if (hasBlock(kind) && !at.block)
    yield {
      at,
      message: `${keyword} needs a block, and keepalived takes all up to the next } for it`,
      fix: "write its { and its }",
    };
  else if (version !== undefined)
    yield {
      at,
      level: "note",
      message: `keepalived knows ${keyword} ${inBlock(name)} since version ${version}`,
      fix: haveVersion,
    };
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
    for (const { written } of folder.configurations) for (const one of everyStatement(written)) yield* lookAt(one);
  },
};
