import { afterEach, expect, it } from "vitest";
import { closeConnections, closeConnectionsOf, connectTo, UnreachableError } from "../../../../provision/ssh/index.ts";
import { startSshServer } from "./ssh-server.ts";

const ASKERS = Array.from({ length: 20 });

afterEach(closeConnections);

it("all who ask, at once and later, share one connection", async () => {
  const sshServer = await startSshServer();
  const servers = await Promise.all(ASKERS.map(() => connectTo(sshServer.ref)));
  servers.push(await connectTo({ ...sshServer.ref }));
  expect(new Set(servers).size).toBe(1);
  expect(sshServer.connections).toBe(1);
});

it("a connection that has ended is opened anew, once for all who find it so", async () => {
  const sshServer = await startSshServer();
  const first = await connectTo(sshServer.ref);
  sshServer.cut();
  await expect.poll(() => first.connected).toBe(false);
  const servers = await Promise.all(ASKERS.map(() => connectTo(sshServer.ref)));
  expect(new Set(servers).size).toBe(1);
  expect(servers).not.toContain(first);
  expect(await (await connectTo(sshServer.ref)).run`echo there`).toBe("there\n");
  expect(sshServer.connections).toBe(2);
});

it("a connection that did not come about fails for all who wait for it, and the next caller retries", async () => {
  const sshServer = await startSshServer();
  sshServer.refuse(1);
  const failed = await Promise.allSettled(ASKERS.map(() => connectTo(sshServer.ref, 0)));
  expect(failed.map((one) => one.status === "rejected" && one.reason instanceof UnreachableError)).toEqual(
    ASKERS.map(() => true),
  );
  expect(sshServer.connections).toBe(1);
  expect((await connectTo(sshServer.ref)).connected).toBe(true);
});

it("another machine by the same name has a connection of its own", async () => {
  const sshServer = await startSshServer();
  const first = await connectTo(sshServer.ref);
  expect(await connectTo({ ...sshServer.ref, instance: "2" })).not.toBe(first);
  expect(sshServer.connections).toBe(2);
});

it("closing them ends them all, and what is asked for afterwards is opened anew", async () => {
  const sshServer = await startSshServer();
  const first = await connectTo(sshServer.ref);
  await closeConnections();
  expect(first.connected).toBe(false);
  expect((await connectTo(sshServer.ref)).connected).toBe(true);
});

it("closing those of one lab ends what runs there, and touches no other lab", async () => {
  const sshServer = await startSshServer();
  const other = await connectTo({
    ...sshServer.ref,
    host: { kind: "private", directory: `${sshServer.ref.host.directory}/other` },
  });
  const server = await connectTo(sshServer.ref);
  const cut = server.run`sleep 30`;
  cut.catch(() => {});
  await server.run`echo "the command before it has begun"`;
  closeConnectionsOf(sshServer.ref.host.directory);
  await expect(cut).rejects.toThrow("command was cut off: the connection closed");
  expect(server.connected).toBe(false);
  expect(other.connected).toBe(true);
  expect((await connectTo(sshServer.ref)).connected).toBe(true);
});
