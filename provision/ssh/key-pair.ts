import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { $ } from "zx";
import { defineResource } from "../resource.ts";

/** An SSH key pair: the private half in OpenSSH's own form, the public one as a line of authorized_keys. */
export interface SshKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A new ed25519 key pair, by ssh-keygen: of those that the ssh2 library makes, one in some two hundred cannot be read again. */
export async function generateKeys(comment: string): Promise<SshKeys> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-key-"));
  try {
    const file = join(directory, "key");
    await $({ quiet: true })`ssh-keygen -q -t ed25519 -N ${""} -C ${comment} -f ${file}`;
    return { publicKey: (await readFile(`${file}.pub`, "utf8")).trim(), privateKey: await readFile(file, "utf8") };
  } finally {
    await rm(directory, { recursive: true });
  }
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
