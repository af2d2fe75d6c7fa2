import { copyFile, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isProgram } from "../../../setup/steps/machine.mjs";
import { cacheRoot } from "../../paths.ts";
import { type BuildOptions, buildOnce, exists, type Store, step } from "../build.ts";
import { aptProxies, debianMirror, debianSources } from "../machine/debian-mirror.ts";
import { asRoot, becomeRoot } from "../machine/namespaces.ts";
import { totalOfFiles } from "../manifest.ts";
import { finish, mmdebstrapOptions, packages, suite, toolScript, tools, userlandKey } from "./recipe.ts";

/** A Debian root file system with every program that a lab host runs, in the cache. Labs share it and never write to it. */
export interface Userland {
  /** Hash of the recipe. */
  readonly key: string;
  /** The root file system. */
  readonly root: string;
  /** A folder for PATH: those of its programs that run on the machine itself. */
  readonly tools: string;
}

const enterScript = join(import.meta.dirname, "enter.sh");

const WHAT = "the lab host's userland";

/** Every userland of the cache. */
export const userlandStore = (): Store => ({
  directory: join(cacheRoot(), "userland"),
  what: WHAT,
  measure: totalOfFiles,
});

/** Where the userland is, or is to be. */
export function describeUserland(): Userland {
  const key = userlandKey();
  const directory = join(userlandStore().directory, key);
  return { key, root: join(directory, "root"), tools: join(directory, "tools") };
}

/** The userlands that this process has found whole, by their roots: one has thousands of files, which are counted once a process. */
const checked = new Map<string, Promise<unknown>>();

/**
 * The userland, from the cache or built there from Debian's packages: a minute, 400 MB.
 * @throws Error when mmdebstrap fails, with its last lines
 */
export async function userland(options: BuildOptions = {}): Promise<Userland> {
  const described = describeUserland();
  const { key, root } = described;
  if (!(await exists(root))) checked.delete(root);
  const whole =
    checked.get(root) ??
    buildOnce({ store: userlandStore(), name: key, build: (scratch) => build(scratch, options) }, options);
  checked.set(root, whole);
  await whole.catch((error) => {
    checked.delete(root);
    throw error;
  });
  return described;
}

/** Has mmdebstrap once it is installed there: for machines without one. */
const CONTAINER_IMAGE = `docker.io/library/debian:${suite}-slim`;

/** Run in a container, with mmdebstrap's command line and what follows it. What docker makes belongs to root; podman's root is the caller. */
const containerScript = `set -e
apt-get update
apt-get install --yes --no-install-recommends mmdebstrap
"$@"
[ -z "$OWNER" ] || chown --recursive "$OWNER" "$TMPDIR"`;

/**
 * The command line that runs mmdebstrap as root, of a user namespace for an ordinary user; on a machine without mmdebstrap in a container of
 * podman's or docker's, where `scratch` has the same path.
 * @throws Error when the machine has none of the three, with the commands that install mmdebstrap
 */
export function debootstrap(args: readonly string[], scratch: string, has = isProgram): string[] {
  const mmdebstrap = ["mmdebstrap", "--mode=root", "--format=directory", ...args];
  if (has("mmdebstrap")) {
    const namespaces = ["--mount", "--mount-proc", "--pid", "--fork", "--kill-child", "--propagation", "slave"];
    return ["unshare", ...becomeRoot(), ...namespaces, "--", ...mmdebstrap];
  }
  const engine = ["podman", "docker"].find(has);
  if (!engine)
    throw new Error(
      `there is no mmdebstrap to make ${WHAT} with. Fix: apt-get install mmdebstrap (Debian, Ubuntu), dnf install mmdebstrap (Fedora), ` +
        "pacman -S mmdebstrap (Arch), or install podman or docker.",
    );
  const owner = engine === "docker" ? `${process.getuid?.()}:${process.getgid?.()}` : "";
  const settings = [`TMPDIR=${scratch}`, `OWNER=${owner}`, "DEBIAN_FRONTEND=noninteractive"];
  return [
    // The engine finds the caller's containers by these.
    ...["env", `HOME=${homedir()}`, `XDG_RUNTIME_DIR=${process.env.XDG_RUNTIME_DIR ?? ""}`],
    ...[engine, "run", "--rm", "--privileged", "--network=host", `--volume=${scratch}:${scratch}`],
    ...settings.map((setting) => `--env=${setting}`),
    ...[CONTAINER_IMAGE, "sh", "-c", containerScript, "sh", ...mmdebstrap],
  ];
}

/** A root file system that `makeRoot` makes. */
interface Root {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Where it is to be, below the scratch directory. */
  readonly root: string;
  /** For messages: "the lab host's userland". */
  readonly what: string;
}

/** Makes a root file system of a Debian release that enter.sh can enter. @throws Error when mmdebstrap fails, with its last lines */
export async function makeRoot(
  scratch: string,
  { suite, packages, root, what }: Root,
  { onProgress }: BuildOptions = {},
): Promise<void> {
  await step(
    debootstrap(
      [
        ...mmdebstrapOptions,
        ...(await aptProxies()).map((setting) => `--aptopt=${setting}`),
        `--include=${packages.join(",")}`,
        suite,
        root,
        ...debianSources(await debianMirror(), suite),
      ],
      scratch,
    ),
    { scratch, what, onProgress, env: { TMPDIR: scratch } },
  );
  await step(asRoot(["sh", "-c", `cd "$1" && ${finish}`, "sh", root]), { scratch, what });
}

async function build(scratch: string, { onProgress }: BuildOptions): Promise<void> {
  const result = join(scratch, "result");
  await mkdir(join(result, "tools"), { recursive: true });
  onProgress?.(`building ${WHAT} from Debian packages, about a minute`);
  await makeRoot(scratch, { suite, packages, root: join(result, "root"), what: WHAT }, { onProgress });
  await copyFile(enterScript, join(result, "tools/.enter.sh"));
  for (const name of tools) await copyFile(toolScript, join(result, "tools", name));
}

/** What a command in the userland sees of the machine, at which path; `write` if it may change it. */
export interface Bind {
  readonly from: string;
  /** Default: the same path. */
  readonly to?: string;
  readonly write?: boolean;
}

/** The arguments by which enter.sh makes the userland the root of the mount namespace that it runs in. */
export const entering = (
  { root }: Pick<Userland, "root">,
  binds: readonly Bind[],
  command: readonly string[],
): string[] => [
  ...["bash", enterScript, root],
  ...binds.flatMap(({ from, to = from, write }) => [write ? "--bind" : "--read", from, to]),
  ...["--", ...command],
];

/**
 * The command line that runs a command in the userland, in namespaces of its own and in the machine's network. All of it ends with its first
 * process. Run it with `labEnvironment`.
 */
export const commandIn = (place: Userland, command: readonly string[], binds: readonly Bind[] = []): string[] => [
  "unshare",
  ...becomeRoot(),
  ...["--mount", "--pid", "--fork", "--kill-child", "--propagation", "slave", "--"],
  ...entering(place, binds, command),
];
