import type { Instance } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";
import { nameOf } from "../words.ts";

/** What of a password counts: RFC 2338, section 5.3.10. */
const counts = 8;

export const authenticationDiffers: Rule = {
  id: "authentication-differs",
  title: "directors whose authentication differs",
  level: "error",
  why:
    "A backup drops advertisements of another authentication type or with another password, hears no master, and becomes master as well. Of a " +
    "password the first eight characters count.",
  source: "RFC 2338, section 7.1; vrrp_check_packet() in keepalived's vrrp.c",
  *look({ routers }) {
    for (const { members } of routers) {
      const [first, ...others] = members;
      for (const other of others) {
        if (!first || other.instance.version !== first.instance.version) continue;
        const [one, two] = [typeOf(first.instance), typeOf(other.instance)];
        const passwords = passwordOf(first.instance) !== passwordOf(other.instance);
        if (one === two && !passwords) continue;
        const { authentication } = other.instance;
        yield {
          at: (one === two ? authentication?.password : authentication?.at) ?? other.instance.at,
          also: [first.instance.authentication?.at ?? first.instance.at],
          message:
            one === two
              ? `the auth_pass of ${nameOf(other)} is another than ${first.director.name}'s; each drops the other's advertisements`
              : `${nameOf(other)} has ${two}, ${first.director.name} has ${one}; each drops the other's advertisements`,
          fix: "write the same authentication block on all directors, or none: its password goes over the wire in clear text",
        };
      }
    }
  },
};

const typeOf = ({ authenticates }: Instance): string =>
  authenticates === undefined ? "no authentication" : `auth_type ${authenticates}`;

const passwordOf = ({ authenticates, authentication }: Instance): string =>
  authenticates === undefined
    ? ""
    : Buffer.from(authentication?.password?.words[0] ?? "")
        .subarray(0, counts)
        .toString("latin1");
