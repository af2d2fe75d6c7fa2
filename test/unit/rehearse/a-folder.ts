import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Director, directorOf } from "../../../rehearse/directors/director.ts";
import { type Folder, readFolder } from "../../../rehearse/folder.ts";

/** A folder with these files, of which those that begin with #! can be executed. It goes when the test ends. */
export function pathOf(files: Readonly<Record<string, string | Buffer>>): string {
  const path = join(mkdtempSync(join(tmpdir(), "rehearse-")), "folder");
  onTestFinished(() => rmSync(dirname(path), { recursive: true }));
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
    if (text.toString().startsWith("#!")) chmodSync(join(path, file), 0o755);
  }
  return path;
}

/** The folder of these files, and its directors. */
export function aFolder(files: Readonly<Record<string, string | Buffer>>): { folder: Folder; directors: Director[] } {
  const folder = readFolder(pathOf(files));
  return { folder, directors: folder.configurations.map(directorOf) };
}

/** A vrrp_instance of keepalived.conf. Addresses as `virtual_ipaddress` has them. */
export const instance = (
  addresses: readonly string[],
  {
    name = "VI_1",
    device = "eth0",
    id = 51,
    priority = 100,
    further = "",
  }: { name?: string; device?: string; id?: number; priority?: number; further?: string } = {},
): string =>
  [
    `vrrp_instance ${name} {`,
    ...(device === "" ? [] : [`interface ${device}`]),
    ...[`virtual_router_id ${id}`, `priority ${priority}`, further],
    ...["virtual_ipaddress {", ...addresses, "}", "}", ""],
  ].join("\n");

/** A virtual_server. Real servers as `ADDRESS PORT` or with their block. */
export const service = (at: string, realServers: readonly string[], { method = "DR", further = "" } = {}): string =>
  [
    `virtual_server ${at} {`,
    ...["lb_algo rr", `lb_kind ${method}`, "protocol TCP", further],
    ...realServers.map((real) => (real.includes("{") ? `real_server ${real}` : `real_server ${real} {\n}`)),
    ...["}", ""],
  ].join("\n");

/** An instance's `unicast_src_ip` and `unicast_peer`. */
export const unicast = (source: string, ...peers: string[]): string =>
  [...(source ? [`unicast_src_ip ${source}`] : []), "unicast_peer {", ...peers, "}"].join("\n");
