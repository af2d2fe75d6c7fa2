import { expect, it } from "vitest";
import { withPlainHost } from "../../bench/harness/plain-host.ts";
import { layGuests, startGuests } from "../../bench/harness/qemu.ts";
import { waitFor } from "../../bench/parts/boot.ts";
import { tryVirsh } from "../../provision/host/virsh.ts";

it("waits for guests of QEMU alone, of which libvirt knows nothing", { timeout: 120_000 }, async () => {
  await withPlainHost("boot", async (host) => {
    await layGuests(host);
    const end = await startGuests(host);
    try {
      expect(await tryVirsh(host.access, "list", "--all", "--name")).toMatchObject({ status: 0, stdout: "" });
      // They boot for longer.
      for (const { reference } of host.guests)
        await expect(waitFor(reference, 0.5)).rejects.toThrow("did not accept an SSH login");
    } finally {
      await end();
    }
  });
});
