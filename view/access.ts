import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";

/** A token that nobody guesses: 256 bits. */
export const newToken = (): string => randomBytes(32).toString("base64url");

/** The cookie's name. Browsers send cookies to all ports of a host: two views of one machine must not take each other's. */
export const cookieName = (port: number): string => `lvs-lab-view-${port}`;

/** The cookie that stands for the token. No script reads it, and no other site's request carries it. */
export const cookieFor = (port: number, token: string): string =>
  `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict`;

/** Why a request is refused, in a sentence for its answer. */
export type Refusal = string;

/**
 * Whether a request may have an answer: its Host names this server, it does not come from another site's page, and it has the token, in the cookie or
 * in the address.
 */
export function refusalOf(
  { method, url = "", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  { port, token, listen }: { readonly port: number; readonly token: string; readonly listen: string },
): Refusal | undefined {
  const { host, origin } = headers;
  if (host === undefined || !isOwnHost(host, listen))
    return "This is not the name of the view. Fix: open the address that it printed.";
  if (origin === undefined ? method === "POST" : origin !== `http://${host}`)
    return "The request comes from another site.";
  const given = [queryOf(url).get("token"), cookieOf(headers.cookie ?? "", cookieName(port))];
  if (!given.some((one) => one != null && isEqual(one, token)))
    return "The token is missing, or is that of an earlier run. Fix: open the address that `lvs-lab class view` printed.";
  return undefined;
}

/**
 * Whether a Host header may be this server's. An attacker's page reaches a server on the loopback by a name of its own that leads there (DNS
 * rebinding), so only addresses are taken, and names that are this machine's.
 */
export function isOwnHost(host: string, listen: string): boolean {
  const [, name = ""] = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::\d+)?$/i.exec(host) ?? [];
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0) return true;
  return ["localhost", listen, hostname()].some((own) => own.toLowerCase() === name.toLowerCase());
}

/** The query of a request's target, which is a path: RFC 9112, section 3.2.1. */
export const queryOf = (target: string): URLSearchParams => new URLSearchParams(target.split("?")[1] ?? "");

/** A cookie's value by its name: RFC 6265, section 4.2. */
const cookieOf = (header: string, name: string): string | undefined =>
  header
    .split(/; */)
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Compares in a time that tells nothing of where two texts differ. */
function isEqual(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
