// @ts-check
import { debianPackages, debianTestPackages } from "./debian-packages.mjs";
import { guestImage } from "./guest-image.mjs";
import { libvirtSdk } from "./libvirt-sdk.mjs";
import { nodeModules } from "./node-modules.mjs";
import { reportPage } from "./report-page.mjs";
import { toolchain } from "./toolchain.mjs";

/** The set-up: what a machine needs before a lab can come up on it. Each step comes after those it needs. */
export const steps = [debianPackages, nodeModules, toolchain, libvirtSdk, guestImage, reportPage];

/** What the tests need beyond it. */
export const testSteps = [debianTestPackages];
