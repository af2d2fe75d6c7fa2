/** The key types of OpenSSH's public keys, without certificates: ssh-keygen(1), sshd(8), AUTHORIZED_KEYS FILE FORMAT. */
const types = [
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** What is wrong with a text that should be a public key, and what to do; undefined if it is one. Never has the text itself: it may be a secret. */
export function publicKeyProblem(text: string): { readonly found: string; readonly remedy: string } | undefined {
  const remedy = "copy the one line of a file such as ~/.ssh/id_ed25519.pub, or leave it empty";
  if (/PRIVATE KEY/.test(text))
    return { found: "a private key", remedy: `make a new pair, this one is no secret any more, and ${remedy}` };
  const [type = "", data = ""] = text.split(/\s+/);
  if (!types.includes(type)) {
    const later = text.split(/\s+/).some((word) => types.includes(word));
    return later
      ? { found: "options before a key", remedy: "leave them out: the key begins with its type" }
      : { found: "something else", remedy };
  }
  const blob = /^[A-Za-z0-9+/]+={0,2}$/.test(data) ? Buffer.from(data, "base64") : Buffer.alloc(0);
  // RFC 4253, section 6.6: a string with the type comes first, its length before it in four bytes.
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  const inside = blob.subarray(4, 4 + length).toString("latin1");
  if (length !== type.length || inside !== type || blob.length <= 4 + length || !isWhole(blob))
    return { found: `${type} without a whole key after it`, remedy };
  return undefined;
}

/** Whether a key is made of whole strings, each with its length before it: RFC 4253, section 6.6. */
function isWhole(blob: Buffer): boolean {
  let at = 0;
  while (at + 4 <= blob.length) at += 4 + blob.readUInt32BE(at);
  return at === blob.length;
}
