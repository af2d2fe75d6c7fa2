/** What stands in the place of a secret. */
const MASK = "***";

/**
 * A text for people, without the secrets that a configuration holds: keepalived's `auth_pass` (keepalived.conf(5)) and private keys in
 * OpenSSH's form. Transcripts, errors and the evidence of checks go through it.
 */
export const masked = (text: string): string =>
  text
    .replace(/(\bauth_pass\s+)[^\s\\]+/g, `$1${MASK}`)
    .replace(/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, `$1${MASK}$2`);
