import type { Instance } from "../../directors/instance.ts";
import type { Rule } from "../rule.ts";

export const authenticationIgnored: Rule = {
  id: "authentication-ignored",
  title: "an authentication that keepalived ignores",
  level: "warning",
  why:
    "VRRP version 3, and with it IPv6, has no authentication, and strict mode forbids it. keepalived leaves it out and says so in its log: the " +
    "advertisements of anybody on the network count.",
  source: "RFC 5798, section 9; vrrp_complete_instance() in keepalived's vrrp.c",
  *look({ directors }) {
    for (const director of directors)
      for (const instance of director.instances) {
        const { authentication, authenticates, name } = instance;
        if (!authentication || authenticates) continue;
        yield {
          at: authentication.at,
          message: `keepalived ignores the authentication of ${name} of ${director.name}: ${reason(instance)}`,
          fix:
            instance.version === 3 || instance.strict
              ? "remove the authentication block; filter VRRP (IP protocol 112) in the firewall if strangers are on the network"
              : "write both auth_type and auth_pass, or remove the block",
        };
      }
  },
};

function reason({ version, strict, family, authentication }: Instance): string {
  if (family === 6) return "IPv6 needs version 3, which has none";
  if (version === 3) return "version 3 has none";
  if (strict) return "strict mode forbids it";
  return authentication?.password ? "it has no auth_type that keepalived knows" : "it has no auth_pass";
}
