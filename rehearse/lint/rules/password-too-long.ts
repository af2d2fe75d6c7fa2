import type { Rule } from "../rule.ts";

/** A simple password of VRRP version 2 has eight octets: RFC 2338, section 5.3.10. */
const longest = 8;

export const passwordTooLong: Rule = {
  id: "password-too-long",
  title: "an auth_pass of more than eight characters",
  level: "warning",
  why:
    "The password of VRRP version 2 has eight characters; keepalived cuts off the rest and says so in its log. Two passwords that differ behind the " +
    "eighth character are the same, and one that another program sends whole is not.",
  source: "keepalived.conf(5), authentication; RFC 2338, section 5.3.10",
  *look({ directors }) {
    for (const { instances } of directors)
      for (const { name, authentication, authenticates } of instances) {
        const at = authentication?.password;
        const password = at?.words[0] ?? "";
        if (at && authenticates === "PASS" && Buffer.byteLength(password) > longest)
          yield {
            at,
            message: `the password of ${name} has ${Buffer.byteLength(password)} characters; keepalived takes the first ${longest}`,
            fix: `write a password of ${longest} characters, the same one on all directors`,
          };
      }
  },
};
