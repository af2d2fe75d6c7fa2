import { expect, it } from "vitest";
import { debootstrap, describeUserland } from "../../../../provision/host/userland/userland.ts";

const only =
  (...programs: string[]) =>
  (name: string) =>
    programs.includes(name);

it("the userland is made by the machine's mmdebstrap, in namespaces that end with it", () => {
  const command = debootstrap(["bookworm", "/cache/x"], "/cache", only("mmdebstrap", "podman"));
  expect(command[0]).toBe("unshare");
  expect(command).toContain("--kill-child");
  expect(command.slice(command.indexOf("mmdebstrap"))).toEqual([
    ...["mmdebstrap", "--mode=root", "--format=directory", "bookworm", "/cache/x"],
  ]);
});

it("without mmdebstrap a container makes it, where the cache has the same path", () => {
  for (const engine of ["podman", "docker"]) {
    const command = debootstrap(["bookworm", "/cache/x"], "/cache", only(engine));
    expect(command).toContain(engine);
    expect(command).toContain("--volume=/cache:/cache");
    // docker's files would be root's.
    expect(command.find((word) => word.startsWith("--env=OWNER="))).toBe(
      engine === "docker" ? `--env=OWNER=${process.getuid?.()}:${process.getgid?.()}` : "--env=OWNER=",
    );
  }
});

it("with none of them there is one error, with the commands for each distribution", () => {
  expect(() => debootstrap([], "/cache", only())).toThrow(/Fix: apt-get install mmdebstrap .*dnf install .*pacman -S/);
});

it("its name follows its recipe, and its programs for the machine lie beside its root", () => {
  const { key, root, tools } = describeUserland();
  expect(key).toMatch(/^[0-9a-f]{16}$/);
  expect(root.endsWith(`/userland/${key}/root`)).toBe(true);
  expect(tools.endsWith(`/userland/${key}/tools`)).toBe(true);
});
