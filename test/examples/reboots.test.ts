import { afterAll, expect, test } from "vitest";
import { readLab } from "../../lab/index.ts";
import { drByHand } from "../e2e/by-hand.ts";
import { failures, TestStack, type } from "../e2e/stack.ts";

const stack = new TestStack("e2e-reboots");
const automatic = new TestStack("e2e-reboots-ha");
afterAll(async () => {
  await stack.remove();
  await automatic.remove();
});

const REBOOTS = ["director-reboot@server1", "real-server-reboot@server2", "real-server-reboot@server3"];

test("the roles' own state outlives a reboot; what is disabled does not, and no other server is blamed for it", async () => {
  await automatic.lab("ha-baked");
  const up = await automatic.lvs("up");
  expect(up.status, up.stderr).toBe(0);
  await automatic.on("server2", "systemctl disable apache2");
  const results = await automatic.check("--reboots");
  expect(failures(results)).toEqual(["real-server-reboot@server2"]);
  expect(results.find(({ passed }) => !passed)?.seen).toMatch(/^httpd-page: /);
  expect(results.filter(({ id }) => id.endsWith("-reboot"))).toHaveLength(4);
  await automatic.remove();
});

test("the article's commands do not outlive one, and units that run them do", async () => {
  await stack.lab("bare");
  const up = await stack.lvs("up");
  expect(up.status, up.stderr).toBe(0);
  const lab = await readLab("labs/bare.yaml");
  const steps = drByHand(lab);
  await type(stack, steps);
  const first = await stack.grade("--reboots");
  expect(
    first.tasks.flatMap(({ id, subjects, status }) => (status === "done" ? [] : [`${id}@${subjects[0]}`])),
  ).toEqual(REBOOTS);

  // The hint's cure: a unit with the commands that are not in a file.
  for (const server of lab.servers.map(({ name }) => name)) {
    const commands = steps.filter((step) => step.server === server && !step.command.includes("apt-get"));
    const script = commands.map(({ command }) => command).join("\n");
    await stack.on(server, `cat >/usr/local/sbin/lab <<'SCRIPT'\n#!/bin/bash\n${script}\nSCRIPT`);
    await stack.on(
      server,
      "chmod +x /usr/local/sbin/lab; printf '[Unit]\\nAfter=network.target\\n[Service]\\nType=oneshot\\nExecStart=/usr/local/sbin/lab\\n" +
        "[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/lab.service; systemctl enable --now lab",
    );
  }
  const second = await stack.grade("--reboots");
  expect(second.status, JSON.stringify(second.tasks, null, 2)).toBe(0);
});
