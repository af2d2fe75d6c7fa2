import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { MANIFEST, PUBLIC_KEY, SIGNATURE } from "../../../class/collection/manifest.ts";
import { seal, verifyFolder } from "../../../class/collection/seal.ts";
import {
  fingerprintOf,
  KEY_FILE,
  publicPem,
  readPublicKey,
  signingKey,
} from "../../../class/collection/signing-key.ts";

let room: string;
let folder: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), "lvs-lab-collection-"));
  onTestFinished(() => rm(room, { recursive: true }));
  folder = join(room, "alice");
  await mkdir(join(folder, "servers/server1"), { recursive: true });
  await writeFile(join(folder, "grade.json"), "{}\n");
  await writeFile(join(folder, "servers/server1/state.txt"), "$ ip route\n");
});

const about = {
  ...{ class: "net1", exercise: "labs/bare.yaml", student: { id: "alice", name: "Alice" }, stack: "net1.alice" },
  ...{ collectedAt: "2026-12-01T12:00:00.000Z", missing: [] },
};

describe("a class's key", () => {
  it("is made once, by one of many who want it at the same time, and only its owner can read it", async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => signingKey(room)));
    expect(new Set(keys.map(fingerprintOf)).size).toBe(1);
    expect((await stat(join(room, KEY_FILE))).mode & 0o777).toBe(0o600);
    expect(fingerprintOf(await signingKey(room))).toMatch(/^SHA256:[\w+/]{43}$/);
  });

  it("that is none is told, with its file", async () => {
    await writeFile(join(room, KEY_FILE), "nothing\n");
    await expect(signingKey(room)).rejects.toThrow(`${join(room, KEY_FILE)} is no Ed25519 key in PEM. Fix: `);
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(join(room, "rsa.pub"), publicKey.export({ type: "spki", format: "pem" }));
    await expect(readPublicKey(join(room, "rsa.pub"))).rejects.toThrow("is no Ed25519 key");
  });
});

describe("a sealed folder", () => {
  it("lists every file with its sum, and is sound by the private key and by the public one", async () => {
    const key = await signingKey(room);
    const manifest = await seal(folder, about, key);
    expect(manifest.files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ["grade.json", 3],
      ["servers/server1/state.txt", 11],
    ]);
    const published = await readPublicKey(join(folder, PUBLIC_KEY));
    for (const one of [key, published]) expect(await verifyFolder(folder, one)).toEqual({ manifest, problems: [] });
  });

  it("can be checked without lvs-lab: by openssl and sha256sum", async () => {
    const key = await signingKey(room);
    const { files } = await seal(folder, about, key);
    await writeFile(join(room, "key.pub"), publicPem(key));
    const openssl = ["pkeyutl", "-verify", "-pubin", "-inkey", "../key.pub", "-rawin", "-in", MANIFEST];
    expect(String(execFileSync("openssl", [...openssl, "-sigfile", SIGNATURE], { cwd: folder }))).toContain(
      "Signature Verified Successfully",
    );
    const input = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join("");
    expect(String(execFileSync("sha256sum", ["--check"], { cwd: folder, input }))).toContain("grade.json: OK");
  });

  it.each<[what: string, change: () => Promise<unknown>, problem: string | RegExp]>([
    ["a file is changed", () => writeFile(join(folder, "grade.json"), "{ }"), "grade.json was changed"],
    ["a file is removed", () => rm(join(folder, "grade.json")), "grade.json is missing"],
    ["a file is added", () => writeFile(join(folder, "servers/x"), ""), "servers/x was added"],
    ["a link is added", () => symlink("/etc/passwd", join(folder, "passwd")), /passwd is neither a file nor a folder$/],
    ["the list is removed", () => rm(join(folder, MANIFEST)), /^manifest.json is missing/],
    ["the signature is removed", () => rm(join(folder, SIGNATURE)), /^manifest.sig is missing/],
    [
      "the list is changed with the file",
      async () => {
        const text = await readFile(join(folder, MANIFEST), "utf8");
        await writeFile(join(folder, MANIFEST), text.replace("Alice", "Mallory"));
      },
      "manifest.sig is not the class's signature of manifest.json",
    ],
    [
      "it is sealed anew with another key",
      async () => {
        await mkdir(join(room, "other"));
        await writeFile(join(folder, "grade.json"), '{"score":100}');
        await seal(folder, about, await signingKey(join(room, "other")));
      },
      "manifest.sig is not the class's signature of manifest.json",
    ],
  ])("is not sound after %s", async (_what, change, problem) => {
    const key = await signingKey(room);
    await seal(folder, about, key);
    await change();
    const { problems } = await verifyFolder(folder, key);
    expect(problems).toEqual([typeof problem === "string" ? problem : expect.stringMatching(problem)]);
  });
});
