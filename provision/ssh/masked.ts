/** Replaces a secret. */
const MASK = "***";

/**
 * Text without the secrets of a configuration: keepalived's `auth_pass` (keepalived.conf(5)) and private keys in OpenSSH's form. Applied to
 * transcripts, errors and the evidence of checks. What is in base64 is hidden as a whole if there is such a secret in it.
 */
export const masked = (text: string): string =>
  maskedPlain(text).replace(/[A-Za-z0-9+/]{16,}={0,2}/g, (encoded) => {
    const plain = Buffer.from(encoded, "base64").toString("latin1");
    return maskedPlain(plain) === plain ? encoded : MASK;
  });

const maskedPlain = (text: string): string =>
  text
    .replace(/(\bauth_pas\w*\s+)[^\s\\]+/gi, `$1${MASK}`) // also where it is misspelt
    .replace(/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, `$1${MASK}$2`);
