import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { labEnvironment } from "../host/machine/namespaces.ts";
import { commandIn, userland } from "../host/userland/userland.ts";
import { defineResource } from "../resource.ts";

/** An SSH key pair: the private half in OpenSSH's own form, the public one as a line of authorized_keys. */
export interface SshKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/**
 * A new ed25519 key pair, by ssh-keygen: of those that the ssh2 library makes, one in some two hundred cannot be read again. While it
 * is made, the private key is in memory alone.
 */
export async function generateKeys(comment: string): Promise<SshKeys> {
  const script = 'ssh-keygen -q -t ed25519 -N "" -C "$1" -f /tmp/key && cat /tmp/key.pub /tmp/key';
  const [file = "", ...args] = commandIn(await userland(), ["sh", "-c", script, "sh", comment]);
  const { stdout } = await promisify(execFile)(file, args, { env: labEnvironment() });
  const end = stdout.indexOf("\n");
  return { publicKey: stdout.slice(0, end), privateKey: stdout.slice(end + 1) };
}

/** An ed25519 key pair. It lives in Pulumi's state alone, its private half encrypted there. */
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
