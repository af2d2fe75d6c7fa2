import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { projectRoot } from "../../../setup/paths.mjs";
import {
  empty,
  grpc,
  LanguageRuntimeService,
  language,
  type plugin,
  sdkVersion,
} from "../../../setup/toolchain/language-nodejs/sdk.mjs";
import { call as callAs, noOtherUser, refused } from "../users.ts";

const { LanguageRuntimeClient } = createRequire(import.meta.url)("@pulumi/pulumi/proto/language_grpc_pb.js");
const launcher = join(projectRoot, "setup/toolchain/cli/pulumi-language-nodejs");

let scratch: string;
let parent: ChildProcess;
let address: string;
let host: number;

/** Starts the host as the engine does: in the project's folder, with the engine's address. The parent prints its own child's id first. */
async function start(checkout: string): Promise<void> {
  const script = `sh "$0" 127.0.0.1:1 & echo $!; wait`;
  parent = spawn("sh", ["-c", script, launcher], { cwd: checkout, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(parent.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  host = Number((await lines.next()).value);
  address = `127.0.0.1:${(await lines.next()).value}`;
}

/** Ends the host, and with it the parent, which waits for it. That the host notices its parent's end takes it seconds: one test is about that. */
async function end(): Promise<void> {
  if (parent.signalCode !== null) return;
  const ended = once(parent, "exit");
  process.kill(host, "SIGKILL");
  await ended;
}

beforeEach(async () => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "lvs-lab-test-")));
  await start(projectRoot);
});

afterEach(async () => {
  await end();
  rmSync(scratch, { recursive: true });
});

function call<Response>(method: string, request: unknown): Promise<Response> {
  const client = new LanguageRuntimeClient(address, grpc.credentials.createInsecure());
  return new Promise<Response>((resolve, reject) => {
    if (LanguageRuntimeService[method]?.responseStream) client[method](request).on("error", reject).on("data", resolve);
    else
      client[method](request, (error: Error | null, response: Response) => (error ? reject(error) : resolve(response)));
  }).finally(() => client.close());
}

function withInfo<Request extends { setInfo(info: InstanceType<typeof language.ProgramInfo>): void }>(
  request: Request,
  directory: string,
): Request {
  const info = new language.ProgramInfo();
  info.setRootDirectory(directory);
  info.setProgramDirectory(directory);
  info.setEntryPoint(".");
  request.setInfo(info);
  return request;
}

const runIn = (directory: string) => withInfo(new language.RunRequest(), directory);

function pluginIn(directory: string) {
  const request = withInfo(new language.RunPluginRequest(), directory);
  request.setKind("resource");
  return request;
}

test("it names its version and its runtime", async () => {
  const info = await call<InstanceType<typeof plugin.PluginInfo>>("getPluginInfo", new empty.Empty());
  expect(info.getVersion()).toBe(sdkVersion);
  const about = await call<InstanceType<typeof language.AboutResponse>>("about", new language.AboutRequest());
  expect([about.getExecutable(), about.getVersion()]).toEqual([process.execPath, process.version]);
});

test("a program without the SDK gets an error that says what to do", async () => {
  // A checkout whose tools find the packages and whose program does not.
  cpSync(join(projectRoot, "setup"), join(scratch, "setup"), { recursive: true });
  symlinkSync(join(projectRoot, "node_modules"), join(scratch, "setup/node_modules"));
  await end();
  await start(scratch);
  await expect(call("run", runIn(scratch))).rejects.toThrow(
    `@pulumi/pulumi is not installed in ${scratch}: run \`npm ci\``,
  );
});

test("every request for a program in another directory is refused", async () => {
  for (const [method, request] of [
    ["getRequiredPackages", withInfo(new language.GetRequiredPackagesRequest(), scratch)],
    ["getProgramDependencies", withInfo(new language.GetProgramDependenciesRequest(), scratch)],
    ["run", runIn(scratch)],
    ["runPlugin", pluginIn(scratch)],
    ["installDependencies", withInfo(new language.InstallDependenciesRequest(), scratch)],
  ] as const)
    await expect(call(method, request), method).rejects.toThrow(
      `the language host of ${projectRoot} refuses ${scratch}: it runs programs of its own checkout only.`,
    );
});

test.skipIf(noOtherUser)(`another user is refused${noOtherUser ? ` (${noOtherUser})` : ""}`, async () => {
  const about = "/pulumirpc.LanguageRuntime/About";
  expect(await callAs(address, about, "other")).toBe(refused);
  expect(await callAs(address, about, "own")).toBe("served");
});

test("what it does not implement it says so", async () => {
  await expect(call("generatePackage", new language.GeneratePackageRequest())).rejects.toMatchObject({
    code: grpc.status.UNIMPLEMENTED,
  });
});

test("it ends when the engine is killed", async () => {
  expect(readFileSync(`/proc/${host}/cmdline`, "utf8")).toContain("main.mjs");
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await vi.waitUntil(() => !existsSync(`/proc/${host}`), { timeout: 3000 });
});

test("elsewhere than in a checkout its launcher says why it does not start", async () => {
  const child = spawn("sh", [launcher], { cwd: scratch, stdio: ["ignore", "ignore", "pipe"] });
  const [chunks, [status]] = await Promise.all([child.stderr.toArray(), once(child, "close")]);
  expect(status).toBe(1);
  expect(Buffer.concat(chunks).toString()).toContain(`${scratch} is no checkout`);
});
