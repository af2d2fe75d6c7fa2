import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fingerprint } from "../fingerprint.ts";
import { madeOnce } from "../kept-files.ts";

/** The file of a class's key in its directory, which its owner alone can read. */
export const KEY_FILE = "signing-key.pem";

/** The private key of a class, Ed25519 (RFC 8032); makes it the first time. @param directory the class's. @throws Error if the file is no such key */
export async function signingKey(directory: string): Promise<KeyObject> {
  const file = join(directory, KEY_FILE);
  const text = await madeOnce(file, () =>
    String(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })),
  );
  return keyIn(text, file, createPrivateKey);
}

/** A public key of a class from a PEM file. @throws Error if it is none */
export async function readPublicKey(file: string): Promise<KeyObject> {
  return keyIn(await readFile(file, "utf8"), file, createPublicKey);
}

function keyIn(text: string, file: string, create: (pem: string) => KeyObject): KeyObject {
  try {
    const key = create(text);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // told below
  }
  throw new Error(`${file} is no Ed25519 key in PEM. Fix: restore it from a copy`);
}

/** A key's public part in PEM: SubjectPublicKeyInfo, RFC 8410. */
export const publicPem = (key: KeyObject): string => String(publicOf(key).export({ type: "spki", format: "pem" }));

/** A key's fingerprint, of its public part in DER. */
export const fingerprintOf = (key: KeyObject): string =>
  fingerprint(publicOf(key).export({ type: "spki", format: "der" }));

const publicOf = (key: KeyObject): KeyObject => (key.type === "private" ? createPublicKey(key) : key);
