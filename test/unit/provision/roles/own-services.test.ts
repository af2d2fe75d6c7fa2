import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { differences } from "../../../../provision/resource.ts";
import { ownServices } from "../../../../provision/roles/own-services.ts";
import { aRoot } from "./a-root.ts";

/** A director whose /etc is below a directory, and whose systemctl knows the services of the files `run` and `boot` there. */
async function aDirector({ refuses = "" }: { refuses?: string } = {}) {
  const { ref, at, program } = await aRoot();
  for (const name of ["run", "boot"]) mkdirSync(at(name));
  program(
    "systemctl",
    `echo "$*" >>${at("log")}
for last; do :; done
case "$*" in
  *is-active*) [ -e ${at("run")}/$last ] ;;
  *is-enabled*) [ -e ${at("boot")}/$last ] ;;
  *disable*) rm -f ${at("run")}/$last ${at("boot")}/$last ;;
  *enable*) touch ${at("boot")}/$last ;;
  *start*) cp ${at("passwd")} ${at("passwd-at-start")}; [ "$last" != "${refuses}" ] && touch ${at("run")}/$last ;;
esac`,
  );
  program("journalctl", 'echo "the journal of $*"');
  /** What systemctl was told to do since the last time. */
  const told = () => {
    const lines = existsSync(at("log")) ? readFileSync(at("log"), "utf8").trim().split("\n") : [];
    writeFileSync(at("log"), "");
    return lines.filter((line) => !line.includes("is-") && line !== "");
  };
  return { ref, at, told };
}

const config = "/etc/haproxy/haproxy.cfg";
const wanted = {
  files: {
    [config]: { text: "listen web\n", executable: false },
    "/etc/haproxy/a.sh": { text: "#!/bin/sh\n", executable: true },
  },
  services: ["haproxy", "other"],
  ...{ users: [], groups: [] },
};
const lacking = (seen: object | undefined) =>
  differences(["files", "services"], wanted, seen as Record<string, unknown>).map(({ property }) => property);

it("files are put there, services are started, now and at boot, and are then seen so", async () => {
  const { ref, at, told } = await aDirector();
  mkdirSync(dirname(at(config)), { recursive: true });
  writeFileSync(at(config), "that of the package\n");
  const inputs = { server: ref, ...wanted };
  const before = await ownServices.observe(inputs, () => {});
  expect(before).toEqual({
    files: { [config]: { text: "that of the package\n", executable: false } },
    ...{ services: [], users: [], groups: [] },
  });

  await ownServices.apply(inputs, before, () => {});
  expect(readFileSync(at(config), "utf8")).toBe("listen web\n");
  expect(told()).toEqual([
    "daemon-reload",
    ...["haproxy", "other"].flatMap((name) => [`--quiet --no-reload enable ${name}`, `restart ${name}`]),
  ]);
  expect(lacking(await ownServices.observe(inputs, () => {}))).toEqual([]);
});

it("a service that was stopped, or that does not start at boot, is seen, and started without a restart of the others", async () => {
  const { ref, at, told } = await aDirector();
  const inputs = { server: ref, ...wanted };
  await ownServices.apply(inputs, undefined, () => {});
  for (const kind of ["run", "boot"]) {
    told();
    rmSync(at(`${kind}/haproxy`));
    const seen = await ownServices.observe(inputs, () => {});
    expect(seen?.services).toEqual(["other"]);
    await ownServices.apply(inputs, seen, () => {});
    expect(told().filter((line) => line.includes("start"))).toEqual(["start haproxy", "start other"]);
    expect(lacking(await ownServices.observe(inputs, () => {}))).toEqual([]);
  }
});

it("a changed file is seen, and put back with a restart", async () => {
  const { ref, at, told } = await aDirector();
  const inputs = { server: ref, ...wanted };
  await ownServices.apply(inputs, undefined, () => {});
  told();
  writeFileSync(at(config), "changed\n");
  const seen = await ownServices.observe(inputs, () => {});
  expect(lacking(seen)).toEqual(["files"]);
  await ownServices.apply(inputs, seen, () => {});
  expect(readFileSync(at(config), "utf8")).toBe("listen web\n");
  expect(told()).toContain("restart haproxy");
});

it("users as whom services run are there before these start, which a change of them restarts", async () => {
  const { ref, at, told } = await aDirector();
  const inputs = { server: ref, ...wanted };
  await ownServices.apply(inputs, undefined, () => {});
  const more = { ...inputs, users: ["web", "nginx"], groups: ["cache"] };
  for (const [wish, users] of [
    [more, ["web", "nginx"]],
    [inputs, []],
  ] as const) {
    told();
    await ownServices.apply(wish, await ownServices.observe(wish, () => {}), () => {});
    // keepalived, too: it looks users up when it starts.
    expect(told()).toEqual(expect.arrayContaining(["restart haproxy", "try-restart keepalived"]));
    expect(readFileSync(at("passwd-at-start"), "utf8").includes("nginx:")).toBe(wish === more);
    const seen = await ownServices.observe(wish, () => {});
    expect([seen?.users, seen?.groups]).toEqual([users, wish.groups]);
    await ownServices.apply(wish, seen, () => {});
    expect(told().filter((line) => line.includes("start"))).toEqual(["start haproxy", "start other"]);
  }
  expect(readFileSync(at("passwd"), "utf8")).toBe("web:x:33:33:web:/:/bin/sh\n");
});

it("a service that does not start is an error with its journal", async () => {
  const { ref } = await aDirector({ refuses: "haproxy" });
  await expect(ownServices.apply({ server: ref, ...wanted }, undefined, () => {})).rejects.toThrow(
    /the journal of .*haproxy/,
  );
});

it("removed, its services are stopped and its files stay", async () => {
  const { ref, at } = await aDirector();
  const inputs = { server: ref, ...wanted };
  await ownServices.apply(inputs, undefined, () => {});
  await ownServices.remove(inputs, () => {});
  expect((await ownServices.observe(inputs, () => {}))?.services).toEqual([]);
  expect(existsSync(at(config))).toBe(true);
});
