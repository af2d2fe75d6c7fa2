// @ts-check
import { join } from "node:path";
import { withLock } from "../lock.mjs";
import { cacheRoot } from "../paths.mjs";
import { run } from "./command.mjs";
import { canInstall, isProgram } from "./machine.mjs";

/**
 * A step that installs Debian packages whose programs are missing, if the user may: root, on Debian or a derivative. The lab itself needs
 * one such package; everything else is in its userland.
 * @param {Record<string, string>} wanted packages, keyed by the program to look for
 * @param {Pick<import("./run-steps.mjs").Step, "name" | "does" | "takes">} step
 * @returns {import("./run-steps.mjs").Step}
 */
const packagesStep = (wanted, step) => {
  const missing = () => Object.keys(wanted).flatMap((program) => (isProgram(program) ? [] : [wanted[program] ?? ""]));
  return {
    ...step,
    needs: [],
    isDone: () => missing().length === 0 || !canInstall(),
    run: async ({ log, signal, progress }) => {
      const apt = (/** @type {string[]} */ ...args) =>
        run(["apt-get", "-y", "-o", "DPkg::Lock::Timeout=300", ...args], {
          log,
          signal,
          env: { DEBIAN_FRONTEND: "noninteractive" },
          onLine: progress,
          remedy: `Fix: apt-get install --no-install-recommends ${missing().join(" ")}`,
        });
      await withLock(
        join(cacheRoot(), "apt.lock"),
        async () => {
          await apt("update");
          await apt("install", "--no-install-recommends", ...missing());
        },
        { signal, onWait: () => progress("waiting for another set-up") },
      );
    },
  };
};

export const machinePackages = packagesStep(
  { mmdebstrap: "mmdebstrap" },
  {
    name: "mmdebstrap",
    does: "installs mmdebstrap, which builds the lab host's userland and the guest image",
    takes: "some seconds, depending on the mirror",
  },
);

export const testPackages = packagesStep(
  {
    ...{ chromium: "chromium", "systemd-nspawn": "systemd-container", slirp4netns: "slirp4netns" },
    ...{ socat: "socat", tcpdump: "tcpdump", zsh: "zsh", fish: "fish", "ansible-playbook": "ansible-core" },
  },
  {
    name: "programs for the tests",
    does: "installs Chromium, for tests of reports, programs that boot Debian VMs, shells whose completion is tested, and Ansible",
    takes: "a minute, depending on the mirror",
  },
);
