import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";

/** Runs a script that has loaded Pulumi's SDK, and gives what it prints. */
const withSdk = (script: string): string =>
  execFileSync(
    process.execPath,
    ["--import", join(projectRoot, "setup/lean.mjs"), "-e", `const sdk = require("@pulumi/pulumi"); ${script}`],
    { cwd: projectRoot, encoding: "utf8" },
  ).trim();

const LOADED = `Object.keys(require.cache).filter((file) => /node_modules.(typescript|@npmcli.arborist|normalize-package-data|@pulumi.pulumi.automation)./.test(file)).length`;

it("keeps the SDK from loading what only functions in a cloud need", () => {
  expect(withSdk(`console.log(${LOADED}, typeof sdk.Output)`)).toBe("0 function");
});

it("has it loaded for whoever does need it", () => {
  const text = withSdk(
    `sdk.runtime.serializeFunction(() => 6 * 7).then(({ text }) => console.log(${LOADED} > 0, text.includes("6 * 7")))`,
  );
  expect(text).toBe("true true");
});

it("loads the Automation API on first use", () => {
  expect(withSdk(`console.log(typeof sdk.automation.LocalWorkspace.create, ${LOADED} > 0)`)).toBe("function true");
});
