import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UnreachableError } from "../../../../provision/ssh/index.ts";
import { connectionsLeft, drain, undrain } from "../../../../verify/live/drain.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";

const ha = await aLiveLab("ha");
const dr = await aLiveLab("dr");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "drain-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** As `ipvsadm -ln` prints it: weights and connections of server2 and server3. */
const table = (
  ...reals: readonly (readonly [weight: number, active: number])[]
) => `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  172.25.254.100:80 rr
${reals.map(([weight, active], index) => `  -> 172.25.254.1${index + 2}:80             Route   ${weight}      ${active}          3\n`).join("")}`;

/** A director whose commands are run, with an ipvsadm that prints a table and notes how it is called. */
function aDirector(name: string, printed: string, thresholds = "") {
  const own = join(directory, name);
  mkdirSync(own);
  const program = join(own, "ipvsadm");
  writeFileSync(
    program,
    `#!/bin/sh\nif [ "$2" = --thresholds ]; then cat ${own}/thresholds; elif [ "$1" = -ln ]; then cat ${own}/table; else echo "$*" >> ${own}/edits; fi\n`,
  );
  chmodSync(program, 0o755);
  writeFileSync(join(own, "edits"), "");
  writeFileSync(join(own, "thresholds"), thresholds);
  const prints = (text: string) => writeFileSync(join(own, "table"), text);
  prints(printed);
  return {
    prints,
    edits: () => readFileSync(join(own, "edits"), "utf8").split("\n").filter(Boolean),
    run: (command: string) =>
      execFileSync("bash", ["-c", command.replaceAll("/run/lvs-lab-drained", `${own}/record`)], {
        encoding: "utf8",
        env: { ...process.env, PATH: `${own}:${process.env.PATH}` },
      }),
  };
}

const viewOf = (live: typeof ha, all: Readonly<Record<string, ReturnType<typeof aDirector> | undefined>>) =>
  new RecordedView(live, (where, command) => {
    const director = all[where];
    if (!director) throw new UnreachableError(where, "10.0.0.1", 5, new Error("no route to host"));
    return director.run(command);
  });

const editTo = (weight: number) =>
  `--edit-server -t 172.25.254.100:80 --real-server 172.25.254.12:80 -g --weight ${weight}`;

describe("draining", () => {
  it("gives weight 0 on every director, and undraining the weight that each had", async () => {
    const [server1, server4] = [aDirector("1", table([3, 5], [1, 2])), aDirector("4", table([2, 0], [1, 0]))];
    const view = viewOf(ha, { server1, server4 });
    expect((await drain(view, "server2")).changed).toMatchObject([
      { director: "server1", address: "172.25.254.12:80", weight: 3, active: 5, hasOthers: true },
      { director: "server4", address: "172.25.254.12:80", weight: 2, active: 0, hasOthers: true },
    ]);
    expect([server1.edits(), server4.edits()]).toEqual([[editTo(0)], [editTo(0)]]);
    for (const one of [server1, server4]) one.prints(table([0, 5], [1, 2]));
    expect((await drain(view, "server2")).changed).toEqual([]);
    expect((await undrain(view, "server2")).changed.map(({ restored }) => restored)).toEqual([3, 2]);
    expect([server1.edits(), server4.edits()]).toEqual([
      [editTo(0), editTo(3)],
      [editTo(0), editTo(2)],
    ]);
    await expect(undrain(view, "server2")).rejects.toThrow(/^server2 is not drained/);
  });

  it("keeps thresholds, which an edit without them takes away", async () => {
    const limits =
      "IP Virtual Server version 1.2.1 (size=4096)\nTCP  172.25.254.100:80 rr\n  -> 172.25.254.12:80             60         40         0          0\n";
    const server1 = aDirector("1", table([1, 0], [1, 0]), limits);
    const view = viewOf(dr, { server1 });
    await drain(view, "server2");
    server1.prints(table([0, 0], [1, 0]));
    await undrain(view, "server2");
    expect(server1.edits()).toEqual([`${editTo(0)} -x 60 -y 40`, `${editTo(1)} -x 60 -y 40`]);
  });

  it("leaves other drained servers alone", async () => {
    const server1 = aDirector("1", table([1, 0], [4, 0]));
    const view = viewOf(dr, { server1 });
    await drain(view, "server2");
    server1.prints(table([0, 0], [4, 0]));
    expect((await drain(view, "server3")).changed).toMatchObject([{ weight: 4, hasOthers: false }]);
    server1.prints(table([0, 0], [0, 0]));
    expect((await undrain(view, "server2")).changed).toMatchObject([{ address: "172.25.254.12:80", restored: 1 }]);
    expect((await undrain(view, "server3")).changed).toMatchObject([{ address: "172.25.254.13:80", restored: 4 }]);
  });

  it("is over where a weight has come back by itself, or the server is out of the table", async () => {
    const server1 = aDirector("1", table([1, 0], [1, 0]));
    const view = viewOf(dr, { server1 });
    await drain(view, "server2");
    expect((await undrain(view, "server2")).changed).toEqual([]);
    expect(server1.edits()).toEqual([editTo(0)]);
    await expect(undrain(view, "server2")).rejects.toThrow(/is not drained/);
  });

  it("keeps the forwarding method", async () => {
    for (const [method, flag] of [
      ["Masq", "-m"],
      ["Tunnel", "-i"],
      ["Local", "-g"],
    ] as const) {
      const server1 = aDirector(method, table([1, 0]).replace("Route", method));
      await drain(viewOf(dr, { server1 }), "server2");
      expect(server1.edits()).toEqual([editTo(0).replace("-g", flag)]);
    }
  });

  it("does what it can while a director does not answer, and names it", async () => {
    const server1 = aDirector("1", table([1, 0], [1, 0]));
    expect(await drain(viewOf(ha, { server1 }), "server2")).toMatchObject({
      changed: [{ director: "server1" }],
      unreachable: ["server4"],
    });
  });

  it("is refused for who is no server, or in no table", async () => {
    const view = viewOf(dr, { server1: aDirector("1", table()) });
    await expect(drain(view, "server9")).rejects.toThrow(
      'the lab has no server "server9"; its real servers are server2, server3',
    );
    await expect(drain(view, "server2")).rejects.toThrow(/^server2 is in no director's IPVS table: /);
    await expect(undrain(view, "server9")).rejects.toMatchObject({ kind: "misuse" });
  });
});

it("a failing ipvsadm is an error with what it said", async () => {
  const view = new RecordedView(dr, (_, command) =>
    command.startsWith("ipvsadm")
      ? table([1, 0])
      : command.startsWith("cat")
        ? ""
        : { output: "Service not defined\n", status: 2 },
  );
  await expect(drain(view, "server2")).rejects.toThrow("ipvsadm on server1 ended with status 2: Service not defined");
});

describe("connections that are left", () => {
  it("are those of every director", async () => {
    const [server1, server4] = [aDirector("1", table([0, 5], [1, 2])), aDirector("4", table([0, 1], [1, 0]))];
    expect(await connectionsLeft(viewOf(ha, { server1, server4 }), "server2", 0)).toBe(6);
  });

  it("are waited for", async () => {
    const server1 = aDirector("1", table([0, 5], [1, 2]));
    setTimeout(() => server1.prints(table([0, 0], [1, 2])), 300);
    expect(await connectionsLeft(viewOf(dr, { server1 }), "server2", 20)).toBe(0);
  });
});
