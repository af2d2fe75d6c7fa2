/** A student cuts the branch: a server whose network is down keeps nobody's terminal, is told as such, and is mended from its console. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { atConsole } from "../e2e/console.ts";
import { changed, failures, TestStack } from "../e2e/stack.ts";

const MINUTES = 60_000;
const stack = new TestStack("cut-off");

beforeAll(async () => {
  await stack.lab("dr-baked");
  const { status, stderr } = await stack.lvs("up");
  expect(status, stderr).toBe(0);
}, 10 * MINUTES);
afterAll(() => stack.remove());

test("the shell in which the network was cut ends, and tells the way in", async () => {
  const begun = performance.now();
  const { status, stderr } = await stack.lvs("ssh", "server2", "--", "ip link set eth0 down; sleep 1000");
  expect(status).toBe(255);
  expect(stderr).toContain(`\`npx lvs-lab console -s ${stack.name} server2\` logs in without its network`);
  expect((performance.now() - begun) / 1000).toBeLessThan(120);
});

test("`refresh` keeps what it knew of the server, and waits for no boot", async () => {
  const begun = performance.now();
  const { status, stdout, stderr } = await stack.pulumi("refresh", "--yes", "--skip-preview");
  expect(status, stdout + stderr).toBe(0);
  expect(stdout + stderr).toContain("Its last recorded state is kept.");
  expect(changed(stdout)).toEqual(["serving"]); // which the client sees
  expect((performance.now() - begun) / 1000).toBeLessThan(120);
});

test("its console is a way in", async () => {
  await atConsole(stack.name, "server2", async ({ see, type }) => {
    await see(/server2 login: /, "\r");
    type("root\r");
    await see(/root@server2:~# /);
    type("ip link set eth0 up; echo $((6 * 7)); exit\r");
    await see(/^42/m);
  });
  expect(failures(await stack.check("--wait", "60"))).toEqual([]);
});
