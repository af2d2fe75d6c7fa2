import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { stateRoot } from "../provision/paths.ts";
import { writeWhole } from "../verify/report/whole-file.ts";
import { madeOnce, readJson } from "./kept-files.ts";

/** Bytes of a class's secret: as many as SHA-256 has (RFC 2104, section 3). */
const SECRET_BYTES = 32;

/** Whose class it is. */
const ownerSchema = z.object({ version: z.literal(1), file: z.string() });

/** A stack that a class has made. */
const memberSchema = z.object({ version: z.literal(1), id: z.string() });

/** Another class on this machine has the name. */
export class ClassNameError extends Error {
  override readonly name = "ClassNameError";
}

/**
 * What a class has on this machine: its secret, the labs of its students, logs. Only its owner can read it: a lab file has the values of a student.
 * It outlives the labs, so that a lab that comes up again has the same values.
 */
export class ClassDirectory {
  readonly path: string;

  constructor(className: string) {
    this.path = join(stateRoot(), "classes", className);
  }

  /** The lock file of commands that change the class. */
  get lock(): string {
    return join(this.path, "lock");
  }

  /** What the class was told last. */
  get announcementFile(): string {
    return join(this.path, "announcement.json");
  }

  /** Sockets of the class's door, while that is open. */
  get door(): string {
    return join(this.path, "door");
  }

  /** The lock file of the process behind the door. */
  get doorLock(): string {
    return join(this.path, "door.lock");
  }

  /** The lock of grading in the background; what it says on the way, and the marks that it prints. */
  get gradingLock(): string {
    return join(this.path, "grading.lock");
  }

  get gradingLog(): string {
    return join(this.path, "log", "grading.log");
  }

  get marksFile(): string {
    return join(this.path, "marks.txt");
  }

  /** A host key that students know a machine of the class by. It outlives the machine, and the door. */
  keyFile(name: string): string {
    return join(this.path, "keys", name);
  }

  /** The lab file of a stack whose lab differs from the exercise. */
  labFile(stack: string): string {
    return join(this.path, "labs", `${stack}.yaml`);
  }

  /** What the last command of a kind printed for a stack. */
  logFile(stack: string, verb: string): string {
    return join(this.path, "log", `${stack}.${verb}.log`);
  }

  /** What a connection to another machine of the class needs, while it is asked for something. */
  machine(url: string): string {
    return join(this.path, "machines", createHash("sha256").update(url).digest("hex").slice(0, 8));
  }

  /** The directory of a student's recorded sessions. */
  sessions(stack: string): string {
    return join(this.path, "sessions", stack);
  }

  /**
   * Makes the directory for the class of a file.
   * @throws ClassNameError if it belongs to another file that is still there
   */
  async open(file: string): Promise<void> {
    for (const part of ["labs", "log", "stacks", "keys"])
      await mkdir(join(this.path, part), { recursive: true, mode: 0o700 });
    const owner = await readJson(join(this.path, "class.json"), ownerSchema);
    if (owner && owner.file !== file && existsSync(owner.file))
      throw new ClassNameError(
        `the class of this name is that of ${owner.file}. Fix: give one of the two another name; if they are one, remove the older file`,
      );
    if (owner?.file !== file)
      await writeWhole(join(this.path, "class.json"), `${JSON.stringify({ version: 1, file })}\n`);
  }

  /** The class file; undefined: no class of this name has been opened here. */
  async file(): Promise<string | undefined> {
    return (await readJson(join(this.path, "class.json"), ownerSchema))?.file;
  }

  /** The class's secret; makes it the first time. */
  async secret(): Promise<Uint8Array> {
    const file = join(this.path, "secret");
    const text = await madeOnce(file, () => `${randomBytes(SECRET_BYTES).toString("hex")}\n`);
    const secret = Buffer.from(text.trim(), "hex");
    if (secret.length !== SECRET_BYTES)
      throw new ClassNameError(
        `${file} is no secret of a class: ${SECRET_BYTES} bytes in hexadecimal. Fix: restore it from a copy; without it, all labs get other values`,
      );
    return secret;
  }

  /** Writes a student's lab file if it is not there with this text. @returns its path */
  async writeLab(stack: string, text: string): Promise<string> {
    const file = this.labFile(stack);
    if ((await readFile(file, "utf8").catch(() => undefined)) !== text) await writeWhole(file, text);
    return file;
  }

  /** Records a stack as the class's own. */
  async record(stack: string, id: string): Promise<void> {
    await writeWhole(join(this.path, "stacks", `${stack}.json`), `${JSON.stringify({ version: 1, id })}\n`);
  }

  /** The class's stacks with their students' ids, of students who have left the roster, too. */
  async recorded(): Promise<Map<string, string>> {
    const directory = join(this.path, "stacks");
    const files = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
    const stacks = new Map<string, string>();
    for (const file of files) {
      const member = await readJson(join(directory, file), memberSchema);
      if (member) stacks.set(file.slice(0, -".json".length), member.id);
    }
    return stacks;
  }
}
