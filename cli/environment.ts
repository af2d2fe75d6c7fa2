import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { describeUserland } from "../provision/host/userland/userland.ts";
import { projectRoot, stateRoot } from "../provision/paths.ts";
import { posixQuote } from "../provision/posix-quote.ts";
import { linkPlugins } from "../setup/toolchain/home.mjs";
import { locateToolchain } from "../setup/toolchain/locate.mjs";
import { CliError, exitStatus } from "./exit-status.ts";

/**
 * Environment variables for a plain `pulumi` in this checkout, on top of the given ones: the toolchain, the location of state and secrets,
 * and less output. Keeps the user's own choices: a suitable CLI, PULUMI_BACKEND_URL or a login, a passphrase. Creates the state directory,
 * PULUMI_HOME and the passphrase.
 */
export function pulumiEnvironment(given: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const toolchain = locateToolchain();
  const home = join(stateRoot(), "pulumi-home");
  const built = toolchain?.kind === "built";
  if (built) linkPlugins(toolchain.directory, home);
  return {
    PATH: pathWith([...(built ? [join(toolchain.directory, "bin")] : []), describeUserland().tools], given),
    ...(built ? builtToolchain(home) : {}),
    ...backend(given, built ? home : undefined),
    ...passphrase(given),
    // Two checkouts, or a fresh clone, may share a stack, whose secrets' salt is then only in the state.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

/** POSIX shell lines that set the variables, for `eval "$(npx lvs-lab env)"`. */
export function formatEnvironment(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${posixQuote(value)}\n`)
    .join("");
}

/** The user's PATH after the project's directories: the toolchain, and xsltproc for Pulumi's libvirt provider. */
function pathWith(own: readonly string[], given: NodeJS.ProcessEnv): string {
  const others = (given.PATH ?? "").split(delimiter).filter((folder) => folder && !own.includes(folder));
  return [...own, ...others].join(delimiter);
}

function builtToolchain(home: string): Record<string, string> {
  return {
    PULUMI_HOME: home,
    // All plugins are installed; a download attempt would only wait for the network.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/**
 * Location of the stacks. Keeps an existing login (`pulumi login`, or an access token), although PULUMI_HOME, where the CLI looks for it,
 * may change. Otherwise a directory.
 */
function backend(given: NodeJS.ProcessEnv, ownHome: string | undefined): Record<string, string> {
  const login = loginElsewhere(given, ownHome);
  const credentials: Record<string, string> = login ? { PULUMI_CREDENTIALS_PATH: login } : {};
  if (given.PULUMI_BACKEND_URL && !isOwnBackend(given.PULUMI_BACKEND_URL)) return credentials;
  if (login || given.PULUMI_ACCESS_TOKEN) return credentials;
  mkdirSync(ownDirectory(), { recursive: true, mode: 0o700 });
  return { PULUMI_BACKEND_URL: ownBackend() };
}

/** lvs-lab's own directory of stacks. */
const ownDirectory = (): string => join(stateRoot(), "pulumi");

/**
 * The backend URL of lvs-lab's own directory. `metadata=skip`: Pulumi writes no sidecar file beside each file. It replaces a file atomically,
 * but not its sidecar, and refuses a file whose sidecar is empty because a run was killed: `setAttrs` of gocloud.dev's blob/fileblob.
 */
const ownBackend = (): string => `file://${ownDirectory()}?metadata=skip`;

/** Whether a backend URL is that of lvs-lab's own directory, with any parameters. */
const isOwnBackend = (url: string): boolean => directoryAt(url) === join(ownDirectory(), ".pulumi");

/** The directory with the user's login to a backend other than lvs-lab's directory. */
function loginElsewhere(given: NodeJS.ProcessEnv, ownHome: string | undefined): string | undefined {
  const givenHome = given.PULUMI_HOME && given.PULUMI_HOME !== ownHome ? given.PULUMI_HOME : undefined;
  const homes = [given.PULUMI_CREDENTIALS_PATH, ownHome, givenHome, join(homedir(), ".pulumi")];
  return homes.find((folder) => {
    const current = folder && currentLogin(folder);
    return current && !isOwnBackend(current);
  });
}

/**
 * The backend directory for this process's variables plus lvs-lab's: `.pulumi` of PULUMI_BACKEND_URL or of the login. Undefined for any
 * other kind of backend.
 */
export function backendDirectory(): string | undefined {
  const env: NodeJS.ProcessEnv = { ...process.env, ...pulumiEnvironment() };
  const home = env.PULUMI_CREDENTIALS_PATH ?? env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  return directoryAt(env.PULUMI_BACKEND_URL ?? currentLogin(home));
}

/** Like `backendDirectory`, but only reads: creates nothing and does not run `pulumi`. @throws CliError if a login cannot be read */
export function lookUpBackend(given: NodeJS.ProcessEnv = process.env): string | undefined {
  if (given.PULUMI_BACKEND_URL) return directoryAt(given.PULUMI_BACKEND_URL);
  const login = loginElsewhere(given, join(stateRoot(), "pulumi-home"));
  return directoryAt(login ? currentLogin(login) : given.PULUMI_ACCESS_TOKEN ? undefined : ownBackend());
}

/**
 * Pulumi's checkpoint of a stack in lvs-lab's own directory, under its own passphrase: who reads the directory can read its secrets. Undefined for a backend
 * or a passphrase of the user's. @throws CliError if a login cannot be read
 */
export function ownCheckpoint(stack: string, given: NodeJS.ProcessEnv = process.env): string | undefined {
  const own = join(ownDirectory(), ".pulumi");
  const passphraseIsOwn =
    given.PULUMI_CONFIG_PASSPHRASE === undefined &&
    (!given.PULUMI_CONFIG_PASSPHRASE_FILE || given.PULUMI_CONFIG_PASSPHRASE_FILE === passphraseFile());
  return passphraseIsOwn && lookUpBackend(given) === own ? join(own, "stacks/lvs-lab", `${stack}.json`) : undefined;
}

/** The directory of a backend URL; undefined for another kind. */
function directoryAt(url: string | undefined): string | undefined {
  if (!url?.startsWith("file://")) return undefined;
  const path = url.slice("file://".length).replace(/\?.*$/, "");
  // Pulumi expands a leading ~ and runs in the project's root.
  const directory = /^~(\/|$)/.test(path) ? join(homedir(), path.slice(1)) : resolve(projectRoot, path);
  return join(directory, ".pulumi");
}

/** The backend of the current login in a directory's credentials.json. */
function currentLogin(folder: string): string | undefined {
  const file = join(folder, "credentials.json");
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")).current;
  } catch (cause) {
    throw new CliError(
      `${file} is not JSON. Fix: repair it, or remove it and run \`pulumi login\``,
      exitStatus.configuration,
      { cause },
    );
  }
}

/** lvs-lab's own passphrase. */
const passphraseFile = (): string => join(stateRoot(), "passphrase");

/** Encryption of secrets in a directory backend's state: the user's passphrase, or a random one created once. */
function passphrase(given: NodeJS.ProcessEnv): Record<string, string> {
  if (given.PULUMI_CONFIG_PASSPHRASE !== undefined || given.PULUMI_CONFIG_PASSPHRASE_FILE) return {};
  const file = passphraseFile();
  if (!existsSync(file)) {
    mkdirSync(stateRoot(), { recursive: true });
    // Write a temporary file and link it: of two concurrent processes one wins, and readers never see a partial file.
    const made = `${file}.${process.pid}`;
    writeFileSync(made, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    try {
      linkSync(made, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(made);
    }
  }
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}
