import { link, readFile, rm, writeFile } from "node:fs/promises";
import { generateKeys, type SshKeys } from "../../../provision/ssh/key-pair.ts";

/** A host key that is kept in a file, its public key before the private one: made the first time, the same ever after. */
export async function keptKey(file: string, comment: string): Promise<SshKeys> {
  const read = async (): Promise<SshKeys> => {
    const kept = await readFile(file, "utf8");
    const end = kept.indexOf("\n");
    return { publicKey: kept.slice(0, end), privateKey: kept.slice(end + 1) };
  };
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const { publicKey, privateKey } = await generateKeys(comment);
  const made = `${file}.${process.pid}`;
  try {
    await writeFile(made, `${publicKey}\n${privateKey}`, { mode: 0o600 });
    await link(made, file); // of two processes one wins
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(made, { force: true });
  }
  return await read();
}
