import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formatEnvironment, lookUpBackend, pulumiEnvironment } from "../../../cli/environment.ts";
import { describeUserland } from "../../../provision/host/userland/userland.ts";
import { toolchainDirectory } from "../../../setup/toolchain/locate.mjs";

let scratch: string;
let state: string;
let userHome: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "lvs-lab-test-"));
  state = join(scratch, "state");
  userHome = join(scratch, "home/.pulumi");
  vi.stubEnv("LVS_LAB_CACHE", join(scratch, "cache"));
  vi.stubEnv("LVS_LAB_STATE", state);
  vi.stubEnv("HOME", join(scratch, "home"));
  vi.stubEnv("PATH", "/nowhere");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

function buildToolchain() {
  const plugin = join(toolchainDirectory(), "home/plugins/resource-x-v1.0.0/pulumi-resource-x");
  mkdirSync(join(plugin, ".."), { recursive: true });
  writeFileSync(plugin, "");
  return plugin;
}

function logIn(home: string, current: string) {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "credentials.json"), JSON.stringify({ current }));
}

test("state and passphrase are below the state directory, for nobody else to read", () => {
  const env = pulumiEnvironment({});
  expect(env.PULUMI_BACKEND_URL).toBe(`file://${state}/pulumi?metadata=skip`);
  expect(statSync(join(state, "pulumi")).isDirectory()).toBe(true);
  expect(env.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(join(state, "passphrase"));
  expect(statSync(join(state, "passphrase")).mode & 0o777).toBe(0o600);
});

test("the passphrase is made once", () => {
  pulumiEnvironment({});
  const first = readFileSync(join(state, "passphrase"), "utf8");
  pulumiEnvironment({});
  expect(readFileSync(join(state, "passphrase"), "utf8")).toBe(first);
  expect(first.length).toBeGreaterThan(30);
});

test("a user's own passphrase is kept to, even an empty one", () => {
  expect(pulumiEnvironment({ PULUMI_CONFIG_PASSPHRASE: "" })).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
  expect(pulumiEnvironment({ PULUMI_CONFIG_PASSPHRASE_FILE: "/x" })).not.toHaveProperty(
    "PULUMI_CONFIG_PASSPHRASE_FILE",
  );
});

test("a backend that is set is kept to", () => {
  expect(pulumiEnvironment({ PULUMI_BACKEND_URL: "s3://b" })).not.toHaveProperty("PULUMI_BACKEND_URL");
});

test("a login is kept to, and its credentials are found from another PULUMI_HOME", () => {
  logIn(userHome, "s3://b");
  const env = pulumiEnvironment({});
  expect(env).not.toHaveProperty("PULUMI_BACKEND_URL");
  expect(env.PULUMI_CREDENTIALS_PATH).toBe(userHome);
});

test("an access token counts as a login", () => {
  expect(pulumiEnvironment({ PULUMI_ACCESS_TOKEN: "t" })).not.toHaveProperty("PULUMI_BACKEND_URL");
});

test("the CLI's note of our own backend is no login", () => {
  for (const url of [`file://${state}/pulumi`, `file://${state}/pulumi?metadata=skip`]) {
    logIn(userHome, url);
    expect(pulumiEnvironment({}).PULUMI_BACKEND_URL).toBe(`file://${state}/pulumi?metadata=skip`);
  }
});

test("a shell that evaluated an older version's lines gets this one's URL of the same directory", () => {
  const given = { PULUMI_BACKEND_URL: `file://${state}/pulumi` };
  expect(pulumiEnvironment(given).PULUMI_BACKEND_URL).toBe(`file://${state}/pulumi?metadata=skip`);
});

test("credentials that cannot be read name the file and the remedy", () => {
  mkdirSync(userHome, { recursive: true });
  writeFileSync(join(userHome, "credentials.json"), "{");
  expect(() => pulumiEnvironment({})).toThrow(/credentials\.json is not JSON\. Fix: .*pulumi login/);
});

test("a built toolchain comes first on PATH, once, with its plugins linked into a home that can be written", () => {
  const plugin = buildToolchain();
  const bin = join(toolchainDirectory(), "bin");
  const env = pulumiEnvironment({ PATH: `/a:${bin}:/b` });
  expect(env.PATH).toBe(`${bin}:${describeUserland().tools}:/a:/b`);
  expect(env.PULUMI_HOME).toBe(join(state, "pulumi-home"));
  expect(readlinkSync(join(state, "pulumi-home/plugins/resource-x-v1.0.0/pulumi-resource-x"))).toBe(plugin);
  expect(env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION).toBe("true");
});

test("a plugin's link that points to an older toolchain is renewed", () => {
  const plugin = buildToolchain();
  pulumiEnvironment({});
  vi.stubEnv("LVS_LAB_CACHE", join(scratch, "other-cache"));
  const other = buildToolchain();
  pulumiEnvironment({});
  expect(other).not.toBe(plugin);
  expect(readlinkSync(join(state, "pulumi-home/plugins/resource-x-v1.0.0/pulumi-resource-x"))).toBe(other);
});

test("without a built toolchain, home and plugin acquisition are the user's, and PATH but for the userland's tools", () => {
  const env = pulumiEnvironment({ PATH: "/a" });
  expect(env.PATH).toBe(`${describeUserland().tools}:/a`);
  for (const name of ["PULUMI_HOME", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"])
    expect(env).not.toHaveProperty(name);
});

test("a shell that evaluates the formatted lines has the very values", () => {
  const value = `it's "$HOME" \`x\` \\ and\nmore`;
  const script = `${formatEnvironment({ LVS_LAB_TEST: value })}printf %s "$LVS_LAB_TEST"`;
  expect(execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" })).toBe(value);
});

test("the backend is looked up without anything being made", () => {
  expect(lookUpBackend({})).toBe(join(state, "pulumi/.pulumi"));
  expect(existsSync(state)).toBe(false);
  expect(lookUpBackend({ PULUMI_BACKEND_URL: "file:///srv/stacks?x=1" })).toBe("/srv/stacks/.pulumi");
  expect(lookUpBackend({ PULUMI_BACKEND_URL: "s3://stacks" })).toBeUndefined();
  expect(lookUpBackend({ PULUMI_ACCESS_TOKEN: "pul-1" })).toBeUndefined();
});

test("the backend that is looked up is that of a login, also with our own PULUMI_HOME", () => {
  logIn(join(state, "pulumi-home"), `file://${state}/pulumi`);
  expect(lookUpBackend({})).toBe(join(state, "pulumi/.pulumi"));
  logIn(join(state, "pulumi-home"), "https://api.pulumi.com");
  expect(lookUpBackend({})).toBeUndefined();
  logIn(join(state, "pulumi-home"), "file:///srv/other");
  expect(lookUpBackend({ PULUMI_ACCESS_TOKEN: "pul-1" })).toBe("/srv/other/.pulumi");
  writeFileSync(join(state, "pulumi-home/credentials.json"), "{");
  expect(() => lookUpBackend({})).toThrow("is not JSON");
});
