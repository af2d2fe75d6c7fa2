import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";

it("the launcher serves, and the first and only thing that it prints is its port", { timeout: 20_000 }, async () => {
  // Nothing listens at port 9: the engine's address is only used for messages.
  const child = spawn(join(projectRoot, "provision/pulumi-resource-lvs"), ["127.0.0.1:9"], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = await once(createInterface(child.stdout), "line");
    expect(line).toMatch(/^\d{4,5}$/);
  } finally {
    child.kill();
    await once(child, "exit");
  }
});
