// @ts-check
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { contentHash } from "../content-hash.mjs";
import { withLock } from "../lock.mjs";
import { cacheRoot, projectRoot } from "../paths.mjs";
import { linkPlugins } from "../toolchain/home.mjs";
import { locateToolchain } from "../toolchain/locate.mjs";
import { libvirtSource, versions } from "../toolchain/recipe.mjs";
import { run } from "./command.mjs";
import { checkoutLock } from "./node-modules.mjs";
import { SetupError } from "./setup-error.mjs";

const target = join(projectRoot, "sdks/libvirt");
/** Written last: the key of what lies in bin/. */
const stamp = join(target, "bin/.key");

/** @type {import("./run-steps.mjs").Step} */
export const libvirtSdk = {
  name: "@pulumi/libvirt",
  needs: ["npm packages", "Pulumi toolchain"],
  does: "generates the SDK from the libvirt provider and compiles it",
  takes: "ten seconds",
  isDone: () => existsSync(stamp) && readFileSync(stamp, "utf8") === sdkKey(),
  run: async (context) => {
    const key = sdkKey();
    const sdk = join(cacheRoot(), "sdk", key);
    await withLock(`${sdk}.lock`, async () => existsSync(sdk) || generate(sdk, context), context);
    await withLock(checkoutLock("sdk"), async () => install(sdk, key), context);
  },
};

/** The SDK is made from these; the committed package.json goes into it too. */
const sdkKey = () =>
  contentHash(projectRoot, [
    "setup/toolchain/recipe.mjs",
    "setup/toolchain/cli/gensdk",
    "setup/steps/libvirt-sdk.mjs",
    "sdks/libvirt/package.json",
  ]);

/**
 * Makes the compiled SDK in the cache: schema from the provider, sources from the schema, JavaScript from the sources.
 * @param {string} sdk where it is to be
 * @param {import("./run-steps.mjs").StepContext} context
 */
const generate = async (sdk, { log, signal, progress }) => {
  const found = locateToolchain();
  if (!found) throw new Error("the toolchain is not there");
  const work = `${sdk}.partial`;
  rmSync(work, { recursive: true, force: true });
  const sources = join(work, "sources");
  mkdirSync(sources, { recursive: true });
  try {
    const schema = join(work, "schema.json");
    const pulumi = found.kind === "built" ? join(found.directory, "bin/pulumi") : found.pulumi;
    const env = found.kind === "built" ? builtEnvironment(found.directory, join(work, "home")) : {};
    const plugin = `terraform-provider@${versions.terraformProviderPlugin}`;
    progress("schema");
    await run([pulumi, "package", "get-schema", plugin, libvirtSource, versions.libvirtProvider], {
      log,
      signal,
      env,
      stdout: schema,
    });
    progress("sources");
    if (found.kind === "built") {
      await run([join(found.directory, "libexec/gensdk"), schema, sources], { log, signal });
    } else {
      await run([pulumi, "package", "gen-sdk", schema, "--language", "nodejs", "--local", "--out", work], {
        log,
        signal,
      });
      rmSync(sources, { recursive: true });
      renameSync(join(work, "nodejs"), sources);
    }
    assertCommitted(join(sources, "package.json"));
    progress("compiling");
    // The compiler finds the packages that the sources import from where they lie.
    symlinkSync(join(projectRoot, "node_modules"), join(sources, "node_modules"));
    const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
    await run([process.execPath, tsc, "--project", sources], { log, signal });
    renameSync(join(sources, "bin"), sdk);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

/** @param {string} toolchain @param {string} home @returns {NodeJS.ProcessEnv} */
const builtEnvironment = (toolchain, home) => {
  linkPlugins(toolchain, home);
  return {
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
};

/**
 * Pulumi reads which plugin the SDK wants from its package.json, and git holds that one: it has to say what the
 * generated one says.
 * @param {string} generated its file
 */
const assertCommitted = (generated) => {
  const wanted = JSON.parse(readFileSync(generated, "utf8"));
  const committed = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
  if (wanted.version === committed.version && isDeepStrictEqual(wanted.pulumi, committed.pulumi)) return;
  const section = JSON.stringify({ version: wanted.version, pulumi: wanted.pulumi }, null, 2);
  throw new SetupError(`sdks/libvirt/package.json does not go with the provider: let it hold\n${section}`);
};

/**
 * Puts the compiled SDK into the checkout, beside its package.json, of which the SDK also wants a copy within.
 * @param {string} sdk @param {string} key
 */
const install = (sdk, key) => {
  const bin = join(target, "bin");
  const made = join(target, "bin.new");
  rmSync(made, { recursive: true, force: true });
  cpSync(sdk, made, { recursive: true });
  cpSync(join(target, "package.json"), join(made, "package.json"));
  writeFileSync(join(made, ".key"), key);
  rmSync(bin, { recursive: true, force: true });
  renameSync(made, bin);
};
