import { madeOnce } from "../../../class/kept-files.ts";
import { generateKeys, type SshKeys } from "../../../provision/ssh/key-pair.ts";

/** A host key that is kept in a file, its public key before the private one: made the first time, the same ever after. */
export async function keptKey(file: string, comment: string): Promise<SshKeys> {
  const kept = await madeOnce(file, async () => {
    const { publicKey, privateKey } = await generateKeys(comment);
    return `${publicKey}\n${privateKey}`;
  });
  const end = kept.indexOf("\n");
  return { publicKey: kept.slice(0, end), privateKey: kept.slice(end + 1) };
}
