/** Names of directors that keepalived's --config-id and files can have: what comes before `.conf`. */
export const directorName = /^[\w.-]+$/;

/** What a stand-in serves: its name. */
export const pageOf = (host: string): string => `${host}\n`;

/** The longest label of a host name: RFC 1123, section 2.1. */
const longest = 63;

/**
 * The name that a director's server has, by the director's own, which its file gives it: a host name, an RFC 1123 label in lower case. `LB_1` and
 * `lb.1` are both `lb-1`; one that does not begin with a letter has `lb-` before it. keepalived is told the director's own name, --config-id.
 */
export function serverNameOf(director: string): string {
  const text = director.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const label = (/^[a-z]/.test(text) ? text : `lb-${text}`).replace(/-{2,}/g, "-");
  return label.slice(0, longest).replace(/-+$/, "");
}
