import { describe, expect, it } from "vitest";
import { keepalivedProcess } from "../../../../verify/live/keepalived-process.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";

describe("keepalivedProcess", () => {
  const found = async (...commands: string[]) => {
    const output = commands.map((command, index) => `${600 + index} ${command}\n`).join("");
    return await keepalivedProcess(new RecordedView(await aLiveLab("ha"), () => output), "server1");
  };

  it.each([
    "/usr/sbin/keepalived --dont-fork",
    "keepalived",
    "keepalived -n -l -D",
    "keepalived -f /root/-t -D",
    "keepalived -itest -D",
    "keepalived --use-file=/root/version.conf --log-console",
    "keepalived -f /etc/keepalived/test --vrrp",
  ])("%s runs", async (command) => {
    expect(await found(command)).toBe(command);
  });

  it.each([
    "keepalived -t",
    "keepalived -nt",
    "keepalived -t -f /tmp/new.conf",
    "keepalived --config-test --use-file /tmp/new.conf",
    "keepalived --config-test=/tmp/log",
    "keepalived --signum=DATA",
    "keepalived --signum DATA",
    "keepalived -v",
    "keepalived --version",
    "keepalived --help",
  ])("%s ends at once, and does not count", async (command) => {
    expect(await found(command)).toBeUndefined();
    expect(await found(command, "keepalived -D", "keepalived -D")).toBe("keepalived -D");
  });

  it("finds nothing where nothing runs", async () => {
    expect(await found()).toBeUndefined();
  });
});
