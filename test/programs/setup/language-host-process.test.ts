import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
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
  if (parent.signalCode !== null || parent.exitCode !== null) return;
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

interface LogRequest {
  getSeverity(): number;
  getMessage(): string;
}

/** Answers a program as the engine does, and knows no feature of the SDK. `said`: its warnings and errors. */
async function startEngine(): Promise<{ address: string; said: string[] }> {
  const said: string[] = [];
  const of = createRequire(import.meta.url);
  const { ResourceMonitorService } = of("@pulumi/pulumi/proto/resource_grpc_pb.js");
  const resource = of("@pulumi/pulumi/proto/resource_pb.js");
  const answering =
    <T>(answer: T) =>
    (_call: unknown, callback: (error: null, answer: T) => void) =>
      callback(null, answer);
  const registered = new resource.RegisterResourceResponse();
  registered.setUrn("urn:pulumi:stack::project::pulumi:pulumi:Stack::project-stack");
  const { EngineService } = of("@pulumi/pulumi/proto/engine_grpc_pb.js");
  const messages = of("@pulumi/pulumi/proto/engine_pb.js");
  const engine = new grpc.Server();
  engine.addService(EngineService, {
    log: ({ request }: { request: LogRequest }, callback: (error: null, answer: unknown) => void) => {
      if (request.getSeverity() >= messages.LogSeverity.WARNING) said.push(request.getMessage());
      callback(null, new empty.Empty());
    },
    getRootResource: answering(new messages.GetRootResourceResponse()),
    setRootResource: answering(new messages.SetRootResourceResponse()),
    startDebugging: answering(new empty.Empty()),
  });
  engine.addService(ResourceMonitorService, {
    supportsFeature: answering(new resource.SupportsFeatureResponse()),
    registerResource: answering(registered),
    registerResourceOutputs: answering(new empty.Empty()),
    signalAndWaitForShutdown: answering(new empty.Empty()),
  });
  onTestFinished(() => engine.forceShutdown());
  const port = await promisify(engine.bindAsync.bind(engine))("127.0.0.1:0", grpc.ServerCredentials.createInsecure());
  return { address: `127.0.0.1:${port}`, said };
}

test("a program's process waits for its run, whose settings are its own", async () => {
  cpSync(join(projectRoot, "setup"), join(scratch, "setup"), { recursive: true });
  symlinkSync(join(projectRoot, "node_modules"), join(scratch, "node_modules"));
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ name: "program", main: "program.js" }));
  writeFileSync(
    join(scratch, "program.js"),
    `const pulumi = require("@pulumi/pulumi");
     const config = new pulumi.Config("lab");
     require("node:fs").appendFileSync("said", JSON.stringify({
       stack: pulumi.getStack(), project: pulumi.getProject(), preview: pulumi.runtime.isDryRun(),
       file: config.get("file"), pid: process.pid,
     }) + "\\n");`,
  );
  await end();
  await start(scratch);
  const engine = await startEngine();
  const handshake = new language.LanguageHandshakeRequest();
  handshake.setEngineAddress(engine.address);
  await call("handshake", handshake);
  const children = () => readFileSync(`/proc/${host}/task/${host}/children`, "utf8").trim().split(" ").map(Number);
  await call("getRequiredPackages", withInfo(new language.GetRequiredPackagesRequest(), scratch));
  await call("getRequiredPackages", withInfo(new language.GetRequiredPackagesRequest(), scratch));
  const waiting = children();
  expect(waiting).toHaveLength(1);

  for (const [stack, file, preview] of [
    ["first", "labs/dr.yaml", true],
    ["second", "labs/ha.yaml", false],
  ] as const) {
    const request = runIn(scratch);
    request.setMonitorAddress(engine.address);
    request.setProject("project");
    request.setStack(stack);
    request.setDryrun(preview);
    request.getConfigMap().set("lab:file", file);
    const response = await call<InstanceType<typeof language.RunResponse>>("run", request);
    expect(engine.said).toEqual([]);
    expect(response.getError()).toBe("");
  }
  const [first, second] = readFileSync(join(scratch, "said"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({
    project: "project",
    stack: "first",
    file: "labs/dr.yaml",
    preview: true,
    pid: waiting[0],
  });
  expect(second).toMatchObject({
    project: "project",
    stack: "second",
    file: "labs/ha.yaml",
    preview: false,
  });
  expect(second.pid).not.toBe(first.pid);
});

test("a process that waits for a program ends with the host", async () => {
  await call("getRequiredPackages", withInfo(new language.GetRequiredPackagesRequest(), projectRoot));
  const [child] = readFileSync(`/proc/${host}/task/${host}/children`, "utf8").trim().split(" ");
  expect(readFileSync(`/proc/${child}/cmdline`, "utf8")).toContain("runner.mjs");
  await end();
  await vi.waitUntil(() => !existsSync(`/proc/${child}`), { timeout: 10_000 });
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
