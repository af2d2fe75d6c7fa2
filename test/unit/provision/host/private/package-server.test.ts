import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { $ } from "zx";
import { labEnvironment } from "../../../../../provision/host/machine/namespaces.ts";
import { packageServerConfig } from "../../../../../provision/host/private/package-server.ts";
import { commandIn, userland } from "../../../../../provision/host/userland/userland.ts";

const upstream = (name: string, url: string, resolves = true) => ({ name, url: new URL(url), resolves });
const config = (...upstreams: ReturnType<typeof upstream>[]) =>
  packageServerConfig({ directory: "/lab", cache: "/cache/debian", upstreams });

/** What a location of the configuration holds. */
const location = (text: string, path: string): string | undefined =>
  new RegExp(`location ${path} \\{([^}]*)\\}`).exec(text)?.[1];

describe("the package server's configuration", () => {
  it("serves the lab's own pool from the lab's directory, over a socket there", () => {
    const text = config();
    expect(location(text, "/pool/")?.trim()).toBe("alias /lab/packages/;");
    expect(location(text, "/pool-debian-13/")?.trim()).toBe("alias /lab/packages-debian-13/;");
    expect(text).toContain("listen unix:/lab/run/packages.sock;");
    expect(text).toContain("proxy_cache_path /cache/debian ");
  });

  it("stays in the foreground and writes below the lab's directory or the cache alone", () => {
    const text = config(upstream("debian", "http://deb.debian.org/debian/"));
    expect(text).toMatch(/^daemon off;$/m);
    const paths = [...text.matchAll(/(?:^| )(?:unix:)?(\/(?!debian|pool)[^\s;]*)/gm)].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths) expect(path).toMatch(/^\/(lab|cache)\//);
  });

  it("passes an archive on by its own path and host", () => {
    const text = config(
      upstream("debian", "http://deb.debian.org/debian"),
      upstream("debian-security", "https://mirror.example:8443/some/debian-security/"),
    );
    expect(location(text, "/debian/")).toContain("proxy_pass http://deb.debian.org/debian/;");
    expect(location(text, "/debian/")).toContain("proxy_set_header Host deb.debian.org;");
    expect(location(text, "/debian-security/pool/")).toContain(
      "proxy_pass https://mirror.example:8443/some/debian-security/pool/;",
    );
    expect(location(text, "/debian-security/pool/")).toContain("proxy_set_header Host mirror.example:8443;");
  });

  it("keeps packages for ever and indices for minutes", () => {
    const text = config(upstream("debian", "http://deb.debian.org/debian/"));
    expect(location(text, "/debian/pool/")).toContain("proxy_cache_valid 200 365d;");
    expect(location(text, "/debian/")).toContain("proxy_cache_valid 200 10m;");
  });

  it("names no host that does not resolve where nginx would look it up", () => {
    const text = config(upstream("debian", "http://deb.debian.org/debian/", false));
    expect(location(text, "/debian/pool/")).toContain("proxy_pass http://127.0.0.1:9/debian/pool/;");
    expect(text).not.toMatch(/proxy_pass [^;]*deb\.debian\.org/);
  });

  it("is one that nginx takes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lvs-lab-nginx-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    for (const name of ["run", "log", "cache"]) await mkdir(join(directory, name));
    const file = join(directory, "packages.conf");
    const upstreams = [
      upstream("debian", "http://127.0.0.1/debian"),
      upstream("debian-security", "http://security.invalid/debian-security/", false),
    ];
    await writeFile(file, packageServerConfig({ directory, cache: join(directory, "debian"), upstreams }));
    const command = ["nginx", "-t", "-c", file, "-e", join(directory, "log/error.log")];
    const words = commandIn(await userland(), command, [{ from: directory, write: true }]);
    const { exitCode, stderr } = await $({ nothrow: true, quiet: true, env: labEnvironment() })`${words}`;
    expect(stderr).toContain("test is successful");
    expect(exitCode).toBe(0);
  });
});
