// @ts-check
/**
 * Pulumi's language host for Node programs, for machines where Pulumi's own cannot be downloaded: it is the one part
 * of the CLI that no Go module offers. The engine starts it by the script that lies beside the CLI, reads its port
 * from stdout and calls it over gRPC (`pulumi/language.proto`); it starts the SDK's own runner for each program.
 * It serves its own user and its own checkout only. What it does not implement is answered UNIMPLEMENTED: generating
 * projects, programs and SDKs, packing and linking packages, policy packs, debuggers.
 */
import { spawn } from "node:child_process";
import { listenForOwnUser } from "../../own-user.mjs";
import { assertOwnCheckout } from "./checkout.mjs";
import { endHost, endWithParent, startNode, stop, stopAll } from "./child.mjs";
import { parseOptions } from "./options.mjs";
import { lockedDependencies, pulumiPackages } from "./packages.mjs";
import { prepareProgram, runProgram, typescriptEnvironment } from "./run.mjs";
import { empty, grpc, LanguageRuntimeService, language, plugin, sdkScript, sdkVersion } from "./sdk.mjs";

/** The engine sends whole stack states: its own limit, 400 MiB. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

let engine = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";

/**
 * Answers a unary call with what `answer` returns; its error reaches the user by its message. Programs outside the
 * checkout are refused.
 * @template Request, Response
 * @param {(call: import("@grpc/grpc-js").ServerUnaryCall<Request, Response>) => Response | Promise<Response>} answer
 * @returns {import("@grpc/grpc-js").handleUnaryCall<Request, Response>}
 */
const unary = (answer) => async (call, callback) => {
  try {
    assertOwnCheckout(/** @type {object} */ (call.request));
    callback(null, await answer(call));
  } catch (error) {
    callback(failure(error));
  }
};

/**
 * The same for a call that is answered by a stream: `answer` writes and ends it.
 * @template Request, Response
 * @param {(call: import("@grpc/grpc-js").ServerWritableStream<Request, Response>) => void | Promise<void>} answer
 * @returns {import("@grpc/grpc-js").handleServerStreamingCall<Request, Response>}
 */
const streaming = (answer) => async (call) => {
  try {
    assertOwnCheckout(/** @type {object} */ (call.request));
    await answer(call);
  } catch (error) {
    call.emit("error", failure(error));
  }
};

/** @param {unknown} error */
const failure = (error) => ({
  code: grpc.status.UNKNOWN,
  details: error instanceof Error ? error.message : String(error),
});

/** @typedef {typeof import("@pulumi/pulumi/proto/language_pb.js")} Language */
/** @template {keyof Language} K @typedef {InstanceType<Extract<Language[K], new () => unknown>>} Message */

const implementation = {
  handshake: unary((/** @type {{ request: Message<"LanguageHandshakeRequest"> }} */ { request }) => {
    engine = request.getEngineAddress() || engine;
    return new language.LanguageHandshakeResponse();
  }),

  getPluginInfo: unary(() => {
    const info = new plugin.PluginInfo();
    info.setVersion(sdkVersion);
    return info;
  }),

  getRequiredPackages: unary((/** @type {{ request: Message<"GetRequiredPackagesRequest"> }} */ { request }) => {
    const info = request.getInfo();
    if (info) prepareProgram(info);
    const response = new language.GetRequiredPackagesResponse();
    for (const found of pulumiPackages(info?.getProgramDirectory() ?? ".")) {
      const dependency = new plugin.PackageDependency();
      dependency.setName(found.name);
      dependency.setKind("resource");
      dependency.setVersion(found.version);
      dependency.setServer(found.server);
      if (found.parameterization) {
        const parameter = new plugin.PackageParameterization();
        parameter.setName(found.parameterization.name);
        parameter.setVersion(found.parameterization.version);
        parameter.setValue(found.parameterization.value);
        dependency.setParameterization(parameter);
      }
      response.addPackages(dependency);
    }
    return response;
  }),

  run: unary((/** @type {Parameters<typeof runProgram>[0]} */ call) => runProgram(call, engine)),

  /** A source plugin: a folder with PulumiPlugin.yaml. Policy packs need a proxy that this host does not have. */
  runPlugin: streaming(
    async (
      /** @type {import("@grpc/grpc-js").ServerWritableStream<Message<"RunPluginRequest">, Message<"RunPluginResponse">>} */ call,
    ) => {
      const request = call.request;
      const directory = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
      if (request.getKind() !== "resource") {
        call.emit("error", {
          code: grpc.status.UNIMPLEMENTED,
          details: `no plugins of kind ${request.getKind()} here`,
        });
        return;
      }
      const options = parseOptions(request.getInfo()?.getOptions()?.toJavaScript() ?? {});
      const args = [...options.nodeargs, sdkScript("run-plugin", directory), directory, ...request.getArgsList()];
      const given = request.getEnvList().map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]);
      const { child, end } = startNode(args, {
        cwd: request.getPwd(),
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...Object.fromEntries(given), ...typescriptEnvironment(options) },
      });
      forward(child, call, () => new language.RunPluginResponse());
      call.once("cancelled", () => stop(child));
      const { code } = await end;
      const last = new language.RunPluginResponse();
      last.setExitcode(code ?? 1);
      call.write(last);
      call.end();
    },
  ),

  installDependencies: streaming(
    (
      /** @type {import("@grpc/grpc-js").ServerWritableStream<Message<"InstallDependenciesRequest">, Message<"InstallDependenciesResponse">>} */ call,
    ) => {
      const directory = call.request.getInfo()?.getProgramDirectory() ?? call.request.getDirectory();
      const child = spawn("npm", ["install"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
      forward(child, call, () => new language.InstallDependenciesResponse());
      call.once("cancelled", () => stop(child));
      child.once("error", (error) => call.emit("error", { code: grpc.status.UNKNOWN, details: error.message }));
      child.once("close", (code) => {
        if (code === 0) call.end();
        else
          call.emit("error", {
            code: grpc.status.UNKNOWN,
            details: `\`npm install\` in ${directory} ended with ${code}`,
          });
      });
    },
  ),

  getProgramDependencies: unary((/** @type {{ request: Message<"GetProgramDependenciesRequest"> }} */ { request }) => {
    const response = new language.GetProgramDependenciesResponse();
    const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
    for (const { name, version } of lockedDependencies(directory, request.getTransitivedependencies())) {
      const dependency = new language.DependencyInfo();
      dependency.setName(name);
      dependency.setVersion(version);
      response.addDependencies(dependency);
    }
    return response;
  }),

  about: unary(() => {
    const response = new language.AboutResponse();
    response.setExecutable(process.execPath);
    response.setVersion(process.version);
    response.getMetadataMap().set("packagemanager", "npm");
    return response;
  }),

  runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),

  cancel: unary(() => {
    stopAll();
    return new empty.Empty();
  }),
};

/**
 * Passes a child's output on, piece by piece.
 * @template {{ setStdout(bytes: Uint8Array): void, setStderr(bytes: Uint8Array): void }} Response
 * @param {import("node:child_process").ChildProcess} child
 * @param {{ write(response: Response): boolean }} call
 * @param {() => Response} make
 */
const forward = (child, call, make) => {
  child.stdout?.on("data", (bytes) => {
    const response = make();
    response.setStdout(bytes);
    call.write(response);
  });
  child.stderr?.on("data", (bytes) => {
    const response = make();
    response.setStderr(bytes);
    call.write(response);
  });
};

endWithParent();
process.once("SIGINT", endHost);
process.once("SIGTERM", endHost);

const server = new grpc.Server({
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
});
server.addService(LanguageRuntimeService, /** @type {any} */ (implementation));
console.log(await listenForOwnUser(server, grpc.ServerCredentials.createInsecure()));
