// @ts-check
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { withLock } from "../lock.mjs";
import { cacheRoot } from "../paths.mjs";
import { run } from "./command.mjs";

/** Everything the lab host and the tests use from Debian. The one list of it. */
export const packages = [
  "qemu-system-x86",
  "qemu-utils",
  "libvirt-daemon-system",
  "libvirt-clients",
  "mmdebstrap",
  "genisoimage",
  "socat",
  "uidmap",
  "nginx-light",
  "dnsmasq-base",
  "xsltproc",
  "tcpdump",
  "iproute2",
  "e2fsprogs",
  "apt-utils",
  "openssh-client",
  "curl",
  "net-tools",
  "iputils-arping",
  "keepalived",
];

/** What the tests use beyond that: a browser that reads reports, whole. */
const testPackages = ["chromium"];

/**
 * Services that come with some of the packages. The lab starts processes of its own from the same programs, so where
 * a package was not there before, its services are left off: no web server on port 80, no second libvirtd.
 * @type {Record<string, string[]>}
 */
const services = {
  "nginx-light": ["nginx.service"],
  keepalived: ["keepalived.service"],
  "libvirt-daemon-system": [
    "libvirtd.service",
    "libvirtd.socket",
    "libvirtd-ro.socket",
    "libvirtd-admin.socket",
    "libvirt-guests.service",
    "virtlogd.socket",
    "virtlockd.socket",
  ],
};

/**
 * Maintainer scripts start nothing with these: SYSTEMD_OFFLINE keeps systemctl from talking to systemd (its
 * ENVIRONMENT.md), and in runlevel 1 invoke-rc.d starts no init script (invoke-rc.d(8)).
 */
const environment = ["DEBIAN_FRONTEND=noninteractive", "SYSTEMD_OFFLINE=1", "RUNLEVEL=1"];

/**
 * A step that installs a list of packages.
 * @param {string[]} list
 * @param {Pick<import("./run-steps.mjs").Step, "name" | "needs" | "does" | "takes">} step
 * @returns {import("./run-steps.mjs").Step}
 */
const packagesStep = (list, step) => ({
  ...step,
  isDone: () => missingPackages(list).length === 0,
  run: async ({ log, signal, progress }) => {
    const missing = missingPackages(list);
    const apt = (/** @type {string[]} */ ...args) =>
      run(["env", ...environment, "apt-get", "-y", "-o", "DPkg::Lock::Timeout=300", ...args], {
        log,
        signal,
        onLine: progress,
        remedy: `To install them by hand: apt-get install --no-install-recommends ${missing.join(" ")}`,
      });
    await withLock(
      join(cacheRoot(), "apt.lock"),
      async () => {
        await apt("update");
        await apt("install", "--no-install-recommends", ...missing);
        const units = missing.flatMap((name) => services[name] ?? []);
        if (units.length > 0) {
          await run(["env", ...environment, "systemctl", "disable", ...units], {
            log,
            signal,
          });
        }
      },
      { signal, onWait: () => progress("waiting for another set-up") },
    );
  },
});

export const debianPackages = packagesStep(packages, {
  name: "Debian packages",
  needs: [],
  does: "installs QEMU, libvirt and what else the lab host uses",
  takes: "a minute or two, by the mirror",
});

export const debianTestPackages = packagesStep(testPackages, {
  name: "Debian packages for the tests",
  needs: [debianPackages.name],
  does: "installs Chromium, in which reports are looked at",
  takes: "a minute, by the mirror",
});

/**
 * @param {string[]} list
 * @returns {string[]} those of the list that dpkg does not have installed
 */
const missingPackages = (list) => {
  const query = spawnSync("dpkg-query", ["--show", `--showformat=\${db:Status-Status} \${Package}\n`, ...list], {
    encoding: "utf8",
  });
  return missingIn(query.stdout ?? "", list);
};

/**
 * @param {string} listing dpkg-query's lines, each a status and a package
 * @param {string[]} [list] the packages that are to be there
 * @returns {string[]}
 */
export const missingIn = (listing, list = packages) => {
  const lines = new Set(listing.split("\n"));
  return list.filter((name) => !lines.has(`installed ${name}`));
};
