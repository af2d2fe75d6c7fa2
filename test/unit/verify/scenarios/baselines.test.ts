import { afterEach, describe, expect, it } from "vitest";
import { closeConnections } from "../../../../provision/ssh/index.ts";
import { faults } from "../../../../verify/faults/index.ts";
import { Baselines } from "../../../../verify/scenarios/baselines.ts";
import { parseScenario, resolve } from "../../../../verify/scenarios/index.ts";
import { markedServers } from "../../../../verify/scenarios/marked-servers.ts";
import { startSshServer } from "../../provision/ssh/ssh-server.ts";
import { ha } from "./an-observed.ts";

afterEach(closeConnections);

const scenario = (steps: string) =>
  resolve(parseScenario(`title: One\ncontrol: keepalived\nsteps:\n${steps}`, "mine.yaml", { faults }), ha.lab, {
    master: "server1",
    faults,
  });
const aboutLog = scenario("  - expect: { log: { on: master, line: x }, mail: { on: master, about: x } }\n");

describe("baselines", () => {
  it("of what could not be asked are the beginning: all that is there counts", async () => {
    const baselines = new Baselines(ha, markedServers(aboutLog));
    await baselines.take();
    expect(baselines.of("server1")).toEqual({ mailbox: 0, cursor: "" });
  });

  it("ask the directors that mail and log are about, and no others", async () => {
    const sshServer = await startSshServer();
    const live = { ...ha, servers: [sshServer.ref] };
    await new Baselines(live, markedServers(scenario("  - expect: { vip: master }\n"))).take();
    expect(sshServer.connections).toBe(0);
    await new Baselines(live, markedServers(aboutLog)).take();
    expect(sshServer.connections).toBe(1);
  });

  it("keep the last mark of a server that does not answer any more", async () => {
    const sshServer = await startSshServer();
    const baselines = new Baselines({ ...ha, servers: [sshServer.ref] }, markedServers(aboutLog));
    await baselines.take();
    const mark = baselines.of("server1");
    expect(mark.mailbox).toBeGreaterThanOrEqual(0);
    sshServer.cut();
    sshServer.refuse(100);
    await baselines.take();
    expect(baselines.of("server1")).toBe(mark);
  });
});
