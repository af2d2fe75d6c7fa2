import { all } from "../../conf/tree.ts";
import { connectionTimeout } from "../../conf/values.ts";
import type { Rule } from "../rule.ts";
import { listed } from "../words.ts";

const names = ["tcp", "tcpfin", "udp"];

const example = "write `lvs_timeouts tcp 900 tcpfin 120 udp 300`, or those of them that are to change";

export const lvsTimeouts: Rule = {
  id: "lvs-timeouts",
  title: "timeouts of connections that keepalived does not set",
  level: "error",
  why:
    "keepalived takes the names tcp, tcpfin and udp, each with its seconds, and ignores what it does not know, with a line in its log. The kernel keeps its own " +
    "900, 120 and 300 s, after which it forgets a silent connection. `ipvsadm --set` differs: it takes three numbers.",
  source: "lvs_timeouts() in keepalived's global_parser.c; keepalived.conf(5), lvs_timeouts; ipvsadm(8), --set",
  *look({ directors }) {
    for (const { settings } of directors)
      for (const at of all(settings, "lvs_timeouts")) {
        const ignored = ignoredIn(at.words);
        if (ignored.length > 0)
          yield {
            at,
            message: `keepalived ignores ${listed(ignored)} in lvs_timeouts: it takes ${listed(names)}, each with ${connectionTimeout.what}, in seconds`,
            fix: example,
          };
        else if (at.words.length === 0) yield { at, message: "lvs_timeouts sets nothing", fix: example };
      }
  },
};

/** What of its words sets nothing: unknown names, and names without a number that is taken. */
function ignoredIn(words: readonly string[]): string[] {
  // It looks at no line of one word.
  if (words.length < 2) return [...words];
  const ignored: string[] = [];
  for (let place = 0; place < words.length; place++) {
    const name = words[place] as string;
    const seconds = names.includes(name) ? words[++place] : undefined;
    if (seconds === undefined || !connectionTimeout.isRight(seconds)) ignored.push(name);
  }
  return ignored;
}
