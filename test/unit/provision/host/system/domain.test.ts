import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { labEnvironment } from "../../../../../provision/host/machine/namespaces.ts";
import { systemDomain } from "../../../../../provision/host/system/domain.ts";
import { MARK_NAMESPACE, systemNames } from "../../../../../provision/host/system/names.ts";
import { commandIn, describeUserland } from "../../../../../provision/host/userland/userland.ts";
import { projectRoot } from "../../../../../provision/paths.ts";

const place = describeUserland();
const LAB = "/home/alice/labs/ha";
const MACS = ["52:54:00:FE:FE:0B", "52:54:00:FD:01:0B"];

/** The shape of what Pulumi's provider makes. */
const MADE = `<domain type="qemu"><name>lvs-lab-ha-server1</name><memory unit="MiB">512</memory><features><acpi/></features><devices>
${MACS.map((mac) => `<interface><mac address="${mac}"/><model type="virtio"/></interface>`).join("\n")}
<console type="pty"><target type="serial" port="0"/></console><graphics type="spice"/></devices></domain>`;

async function transformed(stylesheet: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lvs-lab-xslt-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "domain.xml"), MADE);
  await writeFile(join(directory, "domain.xsl"), stylesheet);
  const words = ["xsltproc", join(directory, "domain.xsl"), join(directory, "domain.xml")];
  const [file = "", ...args] = commandIn(place, words, [{ from: directory }]);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], env: labEnvironment() });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const [status] = await once(child, "close");
  expect(status).toBe(0);
  return text.replace(/>\s+</g, "><");
}

describe.skipIf(!existsSync(place.root))("a server's domain on the machine's libvirt", () => {
  it("has a title, the mark, its cables and a console log in the pool, and the rest as in every lab", async () => {
    const { templates } = systemDomain(LAB, "server1", MACS);
    const stylesheet = await readFile(join(projectRoot, "stacks/domain.xsl"), "utf8");
    const names = systemNames(LAB);
    const domain = await transformed(stylesheet.replace("</xsl:stylesheet>", `${templates}</xsl:stylesheet>`));
    expect(domain).toContain("<title>lvs-lab: server1 of the lab ha</title>");
    expect(domain).toContain(
      `<metadata><lvs-lab:lab xmlns:lvs-lab="${MARK_NAMESPACE}" id="${names.id}" stack="ha" server="server1"/></metadata>`,
    );
    for (const mac of MACS) {
      const { lab, server } = names.cable(mac);
      expect(domain).toContain(
        `<interface type="udp"><mac address="${mac}"/><source address="${lab.address}" port="${lab.port}">` +
          `<local address="${server.address}" port="${server.port}"/></source><model type="virtio"/></interface>`,
      );
    }
    expect(domain).toContain(`<log file="${names.poolPath}/server1.console.log" append="on"/>`);
    expect(domain).not.toContain("/var/log/libvirt");
    expect(domain).toContain('<tb-cache unit="MiB">256</tb-cache>');
    expect(domain).not.toContain("graphics");
    expect(domain.match(/<serial /g)).toHaveLength(1);
  });
});
