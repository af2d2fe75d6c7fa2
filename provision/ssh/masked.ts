/** Replaces a secret. */
const MASK = "***";

/**
 * Text without the secrets of a configuration: keepalived's `auth_pass` (keepalived.conf(5)) and private keys in OpenSSH's form. Applied to
 * transcripts, errors and the evidence of checks.
 */
export const masked = (text: string): string =>
  text
    .replace(/(\bauth_pass\s+)[^\s\\]+/g, `$1${MASK}`)
    .replace(/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, `$1${MASK}$2`);
