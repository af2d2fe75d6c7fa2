import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGuestImage, type GuestImage } from "../../../provision/host/image/build.ts";
import { type RawGuest, rawGuest, until } from "./raw-guest.ts";

const minutes = 60_000;

describe("a guest of the plain image", { timeout: 2 * minutes }, () => {
  let image: GuestImage;
  let directory: string;
  let guest: RawGuest;
  let pool: Server;

  beforeAll(async () => {
    image = await buildGuestImage({ packages: "plain" });
    directory = await mkdtemp(join(tmpdir(), "lvs-lab-image-"));
    pool = createServer((request, response) => {
      const file = createReadStream(join(image.pool, basename(decodeURIComponent(request.url ?? ""))));
      file.once("error", () => response.writeHead(404).end()).pipe(response);
    }).listen(0, "127.0.0.1");
    guest = await rawGuest(image, directory);
    await guest.reseed("first", "server1");
    await guest.start();
  }, 10 * minutes);

  afterAll(async () => {
    await guest?.kill();
    pool?.close();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  it("accepts the seeded key and shows the seeded host key, name and address", async () => {
    await guest.waitForSsh(60);
    expect(await guest.ssh("hostname")).toBe("server1");
    expect(await guest.ssh("ip -4 -o address show dev eth0")).toContain("inet 10.0.2.15/24");
  });

  it("keeps addresses that were added while it was still booting", async () => {
    await guest.ssh("ip address add 10.0.2.100/32 dev eth0");
    expect(await guest.ssh("systemctl is-system-running --wait")).toBe("running");
    await guest.ssh(
      "systemctl daemon-reexec; systemctl restart systemd-udevd; udevadm trigger --action=add; udevadm settle",
    );
    expect(await guest.ssh("ip -4 -o address show dev eth0")).toContain("inet 10.0.2.100/32");
  });

  it("lets root in on the serial console", async () => {
    await guest.serial("server1 login:", "root");
    await guest.serial("root@server1:~#", "echo $((6 * 7))");
    expect(await guest.serial("root@server1:~#", "exit")).toContain("42");
  });

  it("loads the kernel's IPVS and ARP modules", async () => {
    const modules = "ip_vs ip_vs_rr ip_vs_wlc ip_vs_mh arptable_filter arpt_mangle dummy ipip";
    await guest.ssh(`modprobe -a ${modules}`);
    const loaded = (await guest.ssh("lsmod")).split("\n").map((line) => line.split(" ")[0]);
    expect(loaded).toEqual(expect.arrayContaining(modules.split(" ")));
  });

  it("knows its disks by their labels, and its network interface as a unit", async () => {
    expect((await guest.ssh("ls /dev/disk/by-label")).split("\n")).toEqual(["cidata", "root"]);
    expect(await guest.ssh("systemctl is-active sys-subsystem-net-devices-eth0.device")).toBe("active");
  });

  it("keeps a journal and answers hostnamectl", async () => {
    expect(await guest.ssh("journalctl --boot --unit ssh --output cat")).toContain("Server listening on");
    expect(await guest.ssh("hostnamectl hostname")).toBe("server1");
  });

  it("installs the lab's packages from the pool, with nothing but the pool", async () => {
    const address = pool.address();
    const port = typeof address === "object" ? address?.port : undefined;
    await guest.ssh(`echo 'deb [trusted=yes] http://10.0.2.2:${port}/pool ./' >/etc/apt/sources.list.d/pool.list`);
    await guest.ssh("apt-get update --quiet && apt-get install --quiet --yes ipvsadm arptables");
    await guest.ssh("systemctl enable ipvsadm && systemctl start ipvsadm");
    expect(await guest.ssh("systemctl is-active ipvsadm")).toBe("active");
    expect(await guest.ssh("ipvsadm -ln")).toContain("IP Virtual Server");
    const simulated = await guest.ssh("apt-get install --simulate apache2 keepalived opensmtpd bsd-mailx");
    expect(simulated).toContain("Inst bsd-mailx");
  });

  it("reboots into the same identity, with what was made to last", async () => {
    const unit =
      "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/sbin/ip address add 10.0.2.100/32 dev eth0\n[Install]\nWantedBy=multi-user.target\n";
    await guest.ssh(
      `printf '${unit.replaceAll("\n", "\\n")}' >/etc/systemd/system/vip.service && systemctl enable vip`,
    );
    await guest.ssh(
      "echo ip_vs_sh >/etc/modules-load.d/test.conf; echo net.ipv4.conf.eth0.arp_ignore=1 >/etc/sysctl.d/test.conf",
    );
    const identity = "cat /etc/machine-id /etc/hostname /etc/ssh/ssh_host_ed25519_key.pub";
    const before = await guest.ssh(`cat /proc/sys/kernel/random/boot_id; ${identity}`);
    await guest.ssh("systemctl reboot").catch(() => "the connection may end before the command does");
    await until(60, "the guest did not come back from its reboot", async () => {
      return (await guest.ssh("cat /proc/sys/kernel/random/boot_id")) !== before.split("\n")[0];
    });
    expect(await guest.ssh("systemctl is-system-running --wait")).toBe("running");
    expect((await guest.ssh(identity)).split("\n")).toEqual(before.split("\n").slice(1));
    const addresses = await guest.ssh("ip -4 -o address show dev eth0");
    expect(addresses).toContain("inet 10.0.2.15/24");
    expect(addresses).toContain("inet 10.0.2.100/32");
    expect(await guest.ssh("lsmod")).toMatch(/^ip_vs_sh /m);
    expect(await guest.ssh("sysctl -n net.ipv4.conf.eth0.arp_ignore")).toBe("1");
  });

  it("survives being killed while it writes", async () => {
    await guest.ssh("echo kept >/root/kept && sync /root/kept");
    await guest.ssh("nohup sh -c 'while :; do cp -r /etc /root/copy; rm -r /root/copy; done' >/dev/null 2>&1 &");
    await guest.kill();
    await guest.start();
    await guest.waitForSsh(60);
    expect(await guest.ssh("cat /root/kept; findmnt -no OPTIONS /")).toMatch(/^kept\nrw,/);
  });

  it("shuts down on its power button", async () => {
    await guest.ssh("systemctl is-system-running --wait");
    await guest.pressPowerButton();
  });

  it("takes a new identity from a seed with a new instance id", async () => {
    await guest.reseed("second", "server9");
    await guest.start();
    await guest.waitForSsh(60);
    expect(await guest.ssh("hostname; cat /root/kept")).toBe("server9\nkept");
  });
});
