import { last, type Statement } from "../../conf/tree.ts";
import { isOn } from "../../directors/settings.ts";
import type { Rule } from "../rule.ts";

export const mailToNobody: Rule = {
  id: "mail-to-nobody",
  title: "alerts by mail without an addressee or a mail server",
  level: "error",
  why: "keepalived sends no mail unless global_defs has both notification_email and smtp_server; it does not say so.",
  source: "smtp_alert() in keepalived's core/smtp.c; keepalived.conf(5), notification_email and smtp_server",
  *look({ directors }) {
    for (const { name: director, settings, configuration } of directors) {
      const addressee = settings.findLast(
        ({ keyword, block }) => keyword === "notification_email" && block?.length !== 0,
      );
      const server = last(settings, "smtp_server");
      if (addressee && server) continue;
      const alert = alertIn(configuration.statements);
      const at = addressee ?? alert;
      if (at)
        yield {
          at,
          // An addressee may be left over from an example.
          ...(alert ? {} : { level: "note" }),
          message: `${director} sends no mail: global_defs has no ${addressee ? "smtp_server" : server ? "notification_email" : "notification_email and no smtp_server"}`,
          fix: addressee
            ? "write smtp_server into global_defs, such as `smtp_server 127.0.0.1`"
            : "write notification_email and smtp_server into global_defs, or remove the alerts",
        };
    }
  },
};

/** The first line that asks for alerts by mail. */
function alertIn(statements: readonly Statement[]): Statement | undefined {
  for (const statement of statements) {
    if (/^smtp_alert(?:_vrrp|_checker)?$/.test(statement.keyword) && isOn(statement)) return statement;
    const inside = alertIn(statement.block ?? []);
    if (inside) return inside;
  }
  return undefined;
}
