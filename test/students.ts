import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Ended, endedOf } from "../provision/host/command.ts";
import { labEnvironment } from "../provision/host/machine/namespaces.ts";
import { generateKeys } from "../provision/ssh/key-pair.ts";
import { inUserland } from "./integration/hosts.ts";

/**
 * Students of a class, who come in by its door as they would from machines of their own: each with a key, OpenSSH and the lines of their card.
 * Their keys, configurations and the class's roster.csv are files of one folder.
 */
export class Students<Id extends string> {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gives each a key, and writes the roster. */
  static async enrol<Id extends string>(folder: string, ids: readonly Id[]): Promise<Students<Id>> {
    const students = new Students<Id>(folder);
    const rows: string[] = [];
    for (const id of ids) {
      const { privateKey, publicKey } = await generateKeys(id);
      await writeFile(students.#at(`key.${id}`), privateKey, { mode: 0o600 });
      rows.push(`${id},Name of ${id},${publicKey}\n`);
    }
    await writeFile(students.#at("roster.csv"), `id,name,key\n${rows.join("")}`);
    return students;
  }

  /** Each takes the lines for ~/.ssh/config from their card. @param access what `lvs-lab class access --json` prints @returns who has one */
  async takeCards(access: string): Promise<Id[]> {
    const { students } = JSON.parse(access) as { students: { id: Id; sshConfig: string }[] };
    for (const { id, sshConfig } of students) {
      const own = [
        ...[`IdentityFile ${this.#at(`key.${id}`)}`, "IdentitiesOnly yes", "BatchMode yes"],
        ...["StrictHostKeyChecking no", "UserKnownHostsFile /dev/null", "LogLevel ERROR"],
      ];
      await writeFile(this.#at(`config.${id}`), `${sshConfig}\nHost *\n${own.join("\n")}\n`);
    }
    return students.map(({ id }) => id);
  }

  async ssh(who: Id, ...words: string[]): Promise<Ended> {
    return await this.run(who, "ssh", words);
  }

  async run(who: Id, program: "ssh" | "scp", words: readonly string[]): Promise<Ended> {
    const [file = "", ...args] = await inUserland(program, "-F", this.#at(`config.${who}`), ...words);
    return await endedOf(spawn(file, args, { env: labEnvironment(), stdio: ["ignore", "pipe", "pipe"] }));
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as { port: number };
  free.close();
  return port;
}
