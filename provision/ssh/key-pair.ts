import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { labEnvironment } from "../host/machine/namespaces.ts";
import { commandIn, userland } from "../host/userland/userland.ts";
import { defineResource } from "../resource.ts";

/** An SSH key pair: the private key in OpenSSH's form, the public key as a line of authorized_keys. */
export interface SshKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/**
 * Creates an ed25519 key pair with ssh-keygen: about one in two hundred keys made by the ssh2 library cannot be read back. The private key
 * is only in memory meanwhile.
 */
export async function generateKeys(comment: string): Promise<SshKeys> {
  const script = 'ssh-keygen -q -t ed25519 -N "" -C "$1" -f /tmp/key && cat /tmp/key.pub /tmp/key';
  const [file = "", ...args] = commandIn(await userland(), ["sh", "-c", script, "sh", comment]);
  const { stdout } = await promisify(execFile)(file, args, { env: labEnvironment() });
  const end = stdout.indexOf("\n");
  return { publicKey: stdout.slice(0, end), privateKey: stdout.slice(end + 1) };
}

/** An ed25519 key pair. Stored only in Pulumi's state, with the private key encrypted. */
export const keyPair = defineResource<z.ZodObject, z.ZodObject<{ comment: z.ZodString }>, SshKeys>({
  type: "KeyPair",
  summary: "An ed25519 SSH key pair, kept in Pulumi's state.",
  where: z.object({}),
  want: z.object({ comment: z.string() }),
  facts: ["publicKey", "privateKey"],
  secretFacts: ["privateKey"],

  async observe({ comment, publicKey, privateKey }) {
    return publicKey && privateKey ? { comment, publicKey, privateKey } : undefined;
  },

  async apply({ comment }) {
    return { comment, ...(await generateKeys(comment)) };
  },

  async remove() {},
});
