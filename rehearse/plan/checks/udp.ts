import { last, type Statement } from "../../conf/tree.ts";
import { numberOf } from "../../directors/instance.ts";
import type { CheckAnswers } from "./kind.ts";

/** max_reply_length of a UDP_CHECK without one, in bytes: check_udp.c. */
const longest = 255;

/** UDP_CHECK: keepalived's check_udp.c. Without a payload it sends bytes of its own. */
export const udp: CheckAnswers = ({ check: { block }, port, name, words }) => {
  const demand = last(block, "require_reply");
  if (!demand) return { datagrams: [{ port }] };
  const to = hexOf(last(block, "payload"));
  const wanted = hexOf(demand);
  // Lengths count for an answer that it compares alone.
  if (wanted === undefined) return { datagrams: [{ port }] };
  const [minimum, maximum] = [
    numberOf(last(block, "min_reply_length")) ?? 0,
    numberOf(last(block, "max_reply_length")) ?? longest,
  ];
  const missing =
    minimum > maximum
      ? [
          `${words} wants an answer of at least ${minimum} and at most ${maximum} bytes, so that ${name} fails it: correct one of the two`,
        ]
      : [];
  // It compares no more of the answer than there is of both.
  const reply = wanted.padEnd(2 * minimum, "0").slice(0, 2 * Math.max(minimum, maximum));
  return { datagrams: [{ port, reply: { ...(to === undefined ? {} : { to }), reply } }], missing };
};

/** The bytes that a line has in hexadecimal, 0 where it leaves a half of one open; undefined if it has none: read_hex_str() in keepalived's lib/parser.c. */
export function hexOf(at: Statement | undefined): string | undefined {
  const bytes = (at?.words ?? []).flatMap(
    (word) => word.match(/../g)?.concat(word.length % 2 ? [`0${word.at(-1)}`] : []) ?? [`0${word}`],
  );
  const text = bytes.join("").toLowerCase().replaceAll("x", "0");
  return text !== "" && /^[\da-f]+$/.test(text) ? text : undefined;
}
