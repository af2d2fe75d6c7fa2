// @ts-check
import { guestImage } from "./guest-image.mjs";
import { libvirtSdk } from "./libvirt-sdk.mjs";
import { machinePackages, testPackages } from "./machine-packages.mjs";
import { nodeModules } from "./node-modules.mjs";
import { reportPage } from "./report-page.mjs";
import { toolchain } from "./toolchain.mjs";
import { userland } from "./userland.mjs";

/** The set-up: what a machine needs before a lab can come up. Each step comes after those that it needs. */
export const steps = [machinePackages, nodeModules, toolchain, libvirtSdk, userland, guestImage, reportPage];

/** Additional steps for tests. */
export const testSteps = [testPackages];
