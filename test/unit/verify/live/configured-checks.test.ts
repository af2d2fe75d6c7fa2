import { expect, it } from "vitest";
import { configuredChecks } from "../../../../verify/live/configured-checks.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";

const ha = await aLiveLab("ha");

const checksOf = async (config: string) =>
  await configuredChecks(new RecordedView(ha, () => config), "server1", serviceOf(ha.lab));

it("the health checks are those of the director's keepalived.conf, and the lab's for a real server that is not in it", async () => {
  const text = `virtual_server 172.25.254.100 80 {
    delay_loop 20
    protocol TCP
    real_server 172.25.254.12 80 {
        TCP_CHECK {
            retry 3
        }
    }
}
`;
  const checks = await checksOf(text);
  expect(checks.get("server2")).toMatchObject([{ type: "tcp", delayLoop: 20, retry: 3 }]);
  expect(checks.get("server3")).toEqual([serviceOf(ha.lab).healthCheck]);
  // One that is there without a check has none.
  expect((await checksOf(text.replace(/ {8}TCP_CHECK \{\n.*\n {8}\}\n/, ""))).get("server2")).toEqual([]);
});

it("those of a service by firewall mark are found at port 0", async () => {
  const text = `virtual_server fwmark 7 {
    delay_loop 20
    real_server 172.25.254.12 0 {
        TCP_CHECK {
            connect_port 80
        }
    }
}
`;
  const marked = { ...serviceOf(ha.lab), firewallMark: 7 };
  const checks = await configuredChecks(new RecordedView(ha, () => text), "server1", marked);
  expect(checks.get("server2")).toMatchObject([{ type: "tcp", delayLoop: 20 }]);
});

it("a file that is not there leaves the lab's", async () => {
  const checks = await checksOf("cat: /etc/keepalived/keepalived.conf: No such file or directory\n");
  expect([...checks.values()]).toEqual([[serviceOf(ha.lab).healthCheck], [serviceOf(ha.lab).healthCheck]]);
});
