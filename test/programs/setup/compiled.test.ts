import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";

const start = promisify(execFile);

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), "compiled-"));
  await mkdir(join(checkout, "node_modules"));
  await mkdir(join(checkout, "setup"));
  await mkdir(join(checkout, "room"));
  for (const file of [
    "compiled.mjs",
    "import-meta.mjs",
    "missing-package.mjs",
    "run.mjs",
    "source-map.mjs",
    "stack-traces.mjs",
    "paths.mjs",
    "stack-name.mjs",
  ])
    await cp(join(projectRoot, "setup", file), join(checkout, "setup", file));
  for (const name of ["esbuild", "@esbuild", "@jridgewell", "tsx", "yaml"])
    await symlink(join(projectRoot, "node_modules", name), join(checkout, "node_modules", name));
  await write("package.json", JSON.stringify({ type: "module" }));
  await write("room/part.ts", 'export const part: string = "one";\n');
  await write(
    "room/program.ts",
    `import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { part } from "./part.ts";
console.log(part, parse(readFileSync(new URL("beside.yaml", import.meta.url), "utf8")).word, import.meta.dirname, ...process.argv.slice(2));
`,
  );
  await write("room/beside.yaml", "word: beside\n");
});
afterEach(() => rm(checkout, { recursive: true }));

const write = (path: string, text: string) => writeFile(join(checkout, path), text);
const run = async (...args: string[]): Promise<string> =>
  (await start(process.execPath, [join(checkout, "setup/run.mjs"), "room/program.ts", ...args])).stdout.trim();
const compiled = async (): Promise<string[]> =>
  (await readdir(join(checkout, "node_modules/.cache/lvs-lab"))).filter((file) => file.endsWith(".cjs"));

it("runs a program with its packages, with what lies beside it, and with its arguments", async () => {
  expect(await run("--some", "argument")).toBe(`one beside ${join(checkout, "room")} --some argument`);
});

it("compiles anew when a source has changed, and only then", async () => {
  await run();
  const [first] = await compiled();
  await run();
  expect(await compiled()).toEqual([first]);
  await write("room/part.ts", 'export const part: string = "two";\n');
  expect(await run()).toContain("two beside");
  expect(await compiled()).toHaveLength(2);
});

it("compiles anew in a checkout that was copied", async () => {
  await run();
  const copy = `${checkout}-copy`;
  await cp(checkout, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  try {
    const { stdout } = await start(process.execPath, [join(copy, "setup/run.mjs"), "room/program.ts"]);
    expect(stdout.trim()).toBe(`one beside ${join(copy, "room")}`);
  } finally {
    await rm(copy, { recursive: true });
  }
});

it("says where a source is wrong, and takes it up again when it is mended", async () => {
  await write("room/part.ts", 'export const part: string = "one;\n');
  await expect(run()).rejects.toThrow(/room\/part\.ts:1:\d+: ERROR: Unterminated string literal/);
  await write("room/part.ts", 'export const part: string = "mended";\n');
  expect(await run()).toContain("mended");
});

it("names the source in a stack trace", async () => {
  await write("room/part.ts", '\n\nexport const part: string = "one";\nthrow new Error("here");\n');
  await expect(run()).rejects.toThrow(/here\n.*room\/part\.ts:4:7/);
});

it("runs on a disk that is full, from its sources", async () => {
  const cache = join(checkout, "node_modules/.cache/lvs-lab");
  await mkdir(cache, { recursive: true });
  // A file system that holds its root and nothing else, in a mount namespace of its own.
  const script = 'mount -t tmpfs -o nr_inodes=1 none "$1" && ! touch "$1/file" 2>/dev/null && shift && exec "$@"';
  const program = [process.execPath, join(checkout, "setup/run.mjs"), "room/program.ts", "argument"];
  const { stdout } = await start("unshare", [
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    script,
    "sh",
    cache,
    ...program,
  ]);
  expect(stdout.trim()).toBe(`one beside ${join(checkout, "room")} argument`);
});

it("is there whole for each of many that start at once", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, (_, n) => run(`${n}`)));
  expect(all.map((line) => line.split(" ").at(-1))).toEqual(["0", "1", "2", "3", "4", "5"]);
});
