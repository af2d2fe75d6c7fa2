import { expect, it } from "vitest";
import { catalogue, readExampleLabs } from "../../../../verify/checks/catalogue.ts";
import { checks } from "../../../../verify/checks/index.ts";

it("shows every check with an example from a lab in which it holds", async () => {
  const entries = catalogue(checks, await readExampleLabs());
  expect(entries.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
  expect(entries.find(({ id }) => id === "httpd-page")).toMatchObject({
    role: "real-server",
    controls: ["ipvsadm", "keepalived"],
    faulty: false,
    reboots: false,
    settles: 0,
    example: {
      subject: "server2",
      byHand: ["curl 172.25.254.12"],
      expected: '"server2\\n", or another page that names server2 alone',
    },
  });
  expect(entries.find(({ id }) => id === "peer-ssh")?.example).toMatchObject({
    subject: "server1",
    byHand: ["ssh server4 true"],
  });
  expect(entries.find(({ id }) => id === "director-vip")?.controls).toEqual(["ipvsadm"]);
  expect(entries.find(({ id }) => id === "peer-ssh")?.controls).toEqual(["keepalived"]);
  expect(entries.find(({ id }) => id === "notify")?.example).toMatchObject({
    expected: "last: INSTANCE VI_1 MASTER",
  });
  expect(() => catalogue(checks, [])).toThrow("no example lab has a subject for the check director-table");
  expect(entries.filter(({ faulty }) => faulty).map(({ id }) => id)).toEqual([
    "no-health-check",
    "connection-thresholds",
    "tracking",
    "real-server-down",
    "sorry-server",
    "director-down",
    "download-survives",
    "director-reboot",
    "real-server-reboot",
  ]);
  expect(entries.filter(({ reboots }) => reboots).map(({ id }) => id)).toEqual([
    "director-reboot",
    "real-server-reboot",
  ]);
});
