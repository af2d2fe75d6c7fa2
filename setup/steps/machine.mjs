// @ts-check
/**
 * Requirements of the lab on the machine: checked before any step, and by `lvs-lab doctor`. Each missing one is named with the one command
 * that fixes it. Plain JavaScript without dependencies, because it runs before `npm ci`.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { arch, platform, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { cacheRoot, SOCKET_PATH_BYTES, stateRoot } from "../paths.mjs";

/**
 * An unmet requirement. `error`: labs cannot come up; `warning`: they can, with limits.
 * @typedef {{ level: "error" | "warning", problem: string, fix: string }} Finding
 */

/** Minimum Node version (major, minor): the first that loads ES modules with `require`. */
const OLDEST_NODE = [20, 19];
/** The first release of util-linux whose unshare(1) has --map-auto. */
const OLDEST_UTIL_LINUX = [2, 38];
/** Number of subordinate IDs that a Debian system needs: all its users and groups have lower IDs. */
const SUBORDINATE_IDS = 65536;
/** Path of libvirt's longest socket below the state directory, with a stack name of twenty letters. */
const SOCKET_SUFFIX = `/labs/${"x".repeat(20)}/run/libvirt-admin-sock`;

/** Debian's directories of system programs, which an ordinary user's PATH lacks. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** @param {string} name @returns {boolean} whether the program exists */
export const isProgram = (name) =>
  [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS].some(
    (folder) => folder !== "" && isExecutable(join(folder, name)),
  );

/** @param {string} file */
const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

const isRoot = () => process.getuid?.() === 0;

/** Whether the set-up can install Debian packages itself. */
export const canInstall = () => isRoot() && isProgram("apt-get");

/** @param {string} debian @param {string} [fedora] @param {string} [arch] @returns {string} the command that installs a package here */
const installing = (debian, fedora = debian, arch = debian) => {
  const sudo = isRoot() ? "" : "sudo ";
  const family = distribution();
  if (family === "debian") return `${sudo}apt-get install ${debian}`;
  if (family === "fedora") return `${sudo}dnf install ${fedora}`;
  if (family === "arch") return `${sudo}pacman -S ${arch}`;
  return `install it: apt-get install ${debian} (Debian, Ubuntu), dnf install ${fedora} (Fedora), pacman -S ${arch} (Arch)`;
};

/** @param {string} [osRelease] the text of os-release(5) @returns {"debian" | "fedora" | "arch" | "other"} */
export const distribution = (osRelease = read("/etc/os-release")) => {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, words = ""]) => words.split(" "));
  if (ids.includes("debian") || ids.includes("ubuntu")) return "debian";
  if (ids.includes("fedora") || ids.includes("rhel")) return "fedora";
  return ids.includes("arch") ? "arch" : "other";
};

/** @param {string} file @returns {string} empty when it cannot be read */
const read = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

/** @param {string} problem @param {string} fix @returns {Finding} */
const error = (problem, fix) => ({ level: "error", problem, fix });

/** @param {string} text "2.38.1" @param {number[]} oldest major and minor @returns {boolean} */
export const isAtLeast = (text, [major = 0, minor = 0]) => {
  const [foundMajor = 0, foundMinor = 0] = text.split(".").map(Number);
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
};

/** @param {string} [version] @returns {Finding[]} */
export const nodeFindings = (version = process.versions.node) =>
  isNodeNewEnough(version)
    ? []
    : [error(`Node ${OLDEST_NODE.join(".")} or newer is needed, this is ${version}.`, "install a newer Node")];

/** @param {string} [system] @returns {Finding[]} */
export const systemFindings = (system = `${platform()} ${arch()}`) =>
  system === "linux x64"
    ? []
    : [error(`The lab runs on Linux on x86-64, this is ${system}.`, "use a machine or a VM of that kind")];

/** @param {string} version @returns {boolean} whether a Node of that version runs the project */
export const isNodeNewEnough = (version) => isAtLeast(version, OLDEST_NODE);

/** What every lab host needs. @returns {Finding[]} */
const programFindings = () => {
  const findings = ["bash", "unshare", "nsenter", "setpriv", "flock", "mount", "pivot_root"]
    .filter((name) => !isProgram(name))
    .map((name) => error(`The program ${name} is missing.`, installing(name === "bash" ? "bash" : "util-linux")));
  const [, version = ""] = /util-linux (\S+)/.exec(outputOf("unshare", "--version").stdout) ?? [];
  if (!isRoot() && version && !isAtLeast(version, OLDEST_UTIL_LINUX))
    findings.push(
      error(
        `util-linux ${OLDEST_UTIL_LINUX.join(".")} or newer is needed for an ordinary user, this is ${version}.`,
        "use a newer release of your distribution, or run the same commands as root",
      ),
    );
  return findings;
};

/** What builds the userland and guest images. @returns {Finding[]} */
const builderFindings = () =>
  isProgram("mmdebstrap") || canInstall() || ["podman", "docker"].some(isProgram)
    ? []
    : [
        error(
          "There is no mmdebstrap, which builds the lab host's userland and the guest image.",
          installing(
            "mmdebstrap debian-archive-keyring",
            "mmdebstrap debian-keyring",
            "mmdebstrap debian-archive-keyring",
          ),
        ),
      ];

/** @param {string} text of /etc/subuid or /etc/subgid: subuid(5) @param {{ username: string, uid: number }} user @returns {number} how many IDs the user's first range has */
export const subordinateIds = (text, { username, uid }) => {
  const line = text.split("\n").find((row) => [username, String(uid)].includes(row.split(":")[0] ?? ""));
  return Number(line?.split(":")[2] ?? 0);
};

/** What an ordinary user needs to be root of a user namespace, and what root needs. @returns {Finding[]} */
const namespaceFindings = () => {
  if (isRoot()) {
    const { status, stderr } = outputOf("unshare", "--mount", "--pid", "--fork", "--net", "true");
    return status === 0
      ? []
      : [
          error(
            `Root cannot create namespaces here (${stderr.trim()}), as in a container without that privilege.`,
            "run it on a machine, in a VM, or in a container with the capabilities SYS_ADMIN and NET_ADMIN",
          ),
        ];
  }
  const { username, uid } = userInfo();
  if (!isProgram("newuidmap"))
    return [
      error(
        "There is no newuidmap, which lets an ordinary user have subordinate IDs.",
        installing("uidmap", "shadow-utils", "shadow"),
      ),
    ];
  for (const file of ["/etc/subuid", "/etc/subgid"])
    if (subordinateIds(read(file), { username, uid }) < SUBORDINATE_IDS)
      return [
        error(
          `${file} gives ${username} no range of ${SUBORDINATE_IDS} subordinate IDs.`,
          `sudo usermod --add-subuids 200000-265535 --add-subgids 200000-265535 ${username}   (or another range that no one has)`,
        ),
      ];
  const { status, stderr } = outputOf("unshare", "--user", "--map-root-user", "--map-auto", "--mount", "--net", "true");
  return status === 0 ? [] : [userNamespaceFinding(stderr.trim())];
};

/** @param {string} said @returns {Finding} */
const userNamespaceFinding = (said) => {
  const number = (/** @type {string} */ name) => read(`/proc/sys/${name}`).trim();
  if (number("kernel/apparmor_restrict_unprivileged_userns") === "1")
    return error(
      "AppArmor forbids user namespaces to ordinary users (Ubuntu 23.10 and newer).",
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0   (to keep it: a file in /etc/sysctl.d)",
    );
  if (number("kernel/unprivileged_userns_clone") === "0")
    return error(
      "The kernel forbids user namespaces to ordinary users.",
      "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    );
  if (number("user/max_user_namespaces") === "0")
    return error("The kernel allows no user namespaces.", "sudo sysctl -w user.max_user_namespaces=10000");
  return error(
    `Cannot create a user namespace: ${said}.`,
    "see `unshare --user --map-root-user --map-auto --mount true`",
  );
};

/** Timeout in ms for a program's answer. */
const ANSWER_MS = 5000;

/** @param {string} program @param {string[]} args */
const outputOf = (program, ...args) => {
  const env = { ...process.env, PATH: [process.env.PATH, ...SYSTEM_FOLDERS].join(delimiter) };
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env,
    timeout: ANSWER_MS,
    killSignal: "SIGKILL",
  });
  return { status, stdout: stdout ?? "", stderr: stderr ?? "" };
};

/** @param {string} file @returns {boolean} */
const isOpenable = (file) => {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** @returns {Finding[]} */
const deviceFindings = () => {
  /** @type {Finding[]} */
  const findings = [];
  if (!existsSync("/dev/net/tun"))
    findings.push(error("/dev/net/tun is missing; servers' network cards need it.", "sudo modprobe tun"));
  else if (!isOpenable("/dev/net/tun"))
    findings.push(error("This user cannot open /dev/net/tun.", "sudo chmod 0666 /dev/net/tun   (udev's own mode)"));
  if (existsSync("/dev/kvm") && !isOpenable("/dev/kvm"))
    findings.push({
      level: "warning",
      problem: "This user cannot open /dev/kvm: servers would be emulated, about ten times slower.",
      fix: `sudo usermod --append --groups kvm ${userInfo().username}, and log in again`,
    });
  return findings;
};

/** @param {string} directory the state directory @param {string} variable the variable that sets it @returns {Finding[]} */
export const pathFindings = (directory = stateRoot(), variable = "LVS_LAB_STATE") => {
  const fix = `set ${variable} to a short absolute path of letters, digits and ._-/`;
  const odd = /[^A-Za-z0-9._/-]/.exec(directory)?.[0];
  if (!directory.startsWith("/")) return [error(`The directory ${directory} is not an absolute path.`, fix)];
  if (odd)
    return [
      error(
        `The directory ${directory} has a character that libvirt, QEMU and nginx do not all take: ${JSON.stringify(odd)}.`,
        fix,
      ),
    ];
  const bytes = Buffer.byteLength(directory + SOCKET_SUFFIX);
  return bytes > SOCKET_PATH_BYTES
    ? [
        error(
          `The directory ${directory} is too deep: a socket's path in it would have ${bytes} bytes; the limit is ${SOCKET_PATH_BYTES}.`,
          fix,
        ),
      ]
    : [];
};

/**
 * Fate of this user's processes at logout: they stay; they stay if a unit of the user's manager holds them, because lingering is enabled;
 * or systemd ends them (logind.conf(5), KillUserProcesses).
 * @returns {"stay" | "linger" | "end"}
 */
export const atLogout = () => {
  if (isRoot() || !existsSync("/run/systemd/system")) return "stay"; // KillExcludeUsers is root by default
  const manager = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"];
  if (outputOf("busctl", "get-property", ...manager, "KillUserProcesses").stdout.trim() !== "b true") return "stay";
  return existsSync(`/var/lib/systemd/linger/${userInfo().username}`) ? "linger" : "end";
};

/** @returns {Finding[]} */
const logoutFindings = () =>
  atLogout() === "end"
    ? [
        {
          level: "warning",
          problem: "systemd ends this user's processes at logout (KillUserProcesses), and with them a lab.",
          fix: `sudo loginctl enable-linger ${userInfo().username}, before you bring the lab up; the lab then survives logout`,
        },
      ]
    : [];

/** All unmet requirements. @returns {Finding[]} */
export const machineFindings = () => {
  const basic = [...nodeFindings(), ...systemFindings()];
  if (basic.length > 0) return basic;
  return [...builderFindings(), ...labHostFindings()];
};

/** Findings on a machine that runs a lab host; userland and images may come from another machine. @returns {Finding[]} */
export const labHostFindings = () => [
  ...programFindings(),
  ...namespaceFindings(),
  ...deviceFindings(),
  ...logoutFindings(),
  ...pathFindings(),
  ...pathFindings(cacheRoot(), "LVS_LAB_CACHE").filter(({ problem }) => !problem.includes("too deep")),
];
