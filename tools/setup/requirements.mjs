// @ts-check
import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { SetupError } from "./setup-error.mjs";

/** The oldest Node that will do, major and minor version: the first that loads ES modules with `require`. */
const OLDEST_NODE = [20, 19];

/**
 * Checks what no step can bring about.
 * @param {{ nodeVersion?: string, system?: string, osRelease?: string, uid?: number }} [machine] this one, unless told otherwise
 * @throws {SetupError} naming what is missing and what to do
 */
export const checkRequirements = ({
  nodeVersion = process.versions.node,
  system = `${platform()} ${arch()}`,
  osRelease = readOsRelease(),
  uid = process.getuid?.() ?? 0,
} = {}) => {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new SetupError(
      `Node ${OLDEST_NODE.join(".")} or newer is needed, this is ${nodeVersion}: install a newer one.`,
    );
  }
  if (system !== "linux x64") {
    throw new SetupError(`The lab runs on Linux on x86-64, this is ${system}: use a machine or a VM of that kind.`);
  }
  if (!isDebianFamily(osRelease)) {
    throw new SetupError("The set-up installs Debian packages with apt: use Debian 12 or a distribution made from it.");
  }
  if (uid !== 0) {
    throw new SetupError(
      'The guest image and the lab host\'s namespaces need root: run it as `sudo env "PATH=$PATH" npm run …`, and so `npx lvs-lab`.',
    );
  }
};

/**
 * @param {string} osRelease the text of /etc/os-release, see os-release(5)
 * @returns {boolean}
 */
export const isDebianFamily = (osRelease) => /^ID(_LIKE)?="?([a-z]+ )*debian\b/m.test(osRelease);

const readOsRelease = () => {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
};
