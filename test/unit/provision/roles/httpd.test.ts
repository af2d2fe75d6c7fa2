import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { osFamilies } from "../../../../provision/os.ts";
import { httpd, portEdit, tlsCommands, tlsPortsIn } from "../../../../provision/roles/httpd.ts";

const scratch = mkdtempSync(join(tmpdir(), "lvs-lab-httpd-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const [listen, virtualHost] = osFamilies["debian-12"].httpd.ports;

/** A file's text after the edit. */
function edited(file: typeof listen, text: string, ports: readonly number[]): string {
  if (!file) throw new Error("Debian has two files with ports");
  const path = join(scratch, "file");
  writeFileSync(path, text);
  const [program = "", ...args] = portEdit({ ...file, path }, ports);
  execFileSync(program, args);
  return readFileSync(path, "utf8");
}

/** As Debian's package has it. */
const portsConf = (lines: string): string => `# have to change the VirtualHost statement in

${lines}

<IfModule ssl_module>
	Listen 443
</IfModule>
`;

it.each([
  ["another port", "Listen 80", [8080], "Listen 8080"],
  ["a second port", "Listen 80", [80, 8080], "Listen 80\nListen 8080"],
  ["one port less", "Listen 80\nListen 8080", [8080], "Listen 8080"],
  ["the same ports", "Listen 80\nListen 8080", [80, 8080], "Listen 80\nListen 8080"],
])("ports.conf: %s, and no other line changes", (_what, before, ports, after) => {
  expect(edited(listen, portsConf(before), ports)).toBe(portsConf(after));
});

it.each([
  ["<VirtualHost *:80>", [8080], "<VirtualHost *:8080>"],
  ["<VirtualHost *:80>", [80, 8080], "<VirtualHost *:80 *:8080>"],
  ["<VirtualHost *:80 *:8080>", [80], "<VirtualHost *:80>"],
])("the site: %s for %j is %s", (before, ports, after) => {
  const site = (first: string) => `${first}\n\tDocumentRoot /var/www/html\n</VirtualHost>\n`;
  expect(edited(virtualHost, site(before), ports)).toBe(site(after));
});

const { tls } = osFamilies["debian-12"].httpd;

describe("TLS of a web server", () => {
  it("is a file beside the plain ones, with a certificate that is made once", () => {
    const [directory, certificate, file] = tlsCommands([443, 8443], tls);
    expect(directory).toBe("mkdir -p /etc/lvs-lab");
    expect(certificate).toMatch(
      /^\[ -s \/etc\/lvs-lab\/httpd\.crt \] && \[ -s \/etc\/lvs-lab\/httpd\.key \] \|\| \(umask 077; openssl req -x509 /,
    );
    expect(file).toContain("<VirtualHost *:443 *:8443>");
    expect(tlsCommands([], tls)).toEqual(["rm -f /etc/apache2/conf-enabled/lvs-lab-tls.conf"]);
  });

  it.each<[string, string, boolean, number[] | undefined]>([
    ["no file", "", false, []],
    ["no file, and a certificate of before", "", true, []],
    ["the role's own", tls.text([443, 8443]), true, [443, 8443]],
    ["a certificate that is gone", tls.text([443]), false, undefined],
    ["a file that was edited", tls.text([443]).replace("SSLEngine on", "SSLEngine off"), true, undefined],
  ])("is seen by its file: %s", (_, text, certificate, ports) => {
    expect(tlsPortsIn(text, tls, certificate)).toEqual(ports);
  });
});

it("what earlier versions recorded has no TLS", () => {
  expect(httpd.upgrade?.({ port: 80, page: "a" })).toEqual({ ports: [80], page: "a", tlsPorts: [] });
  expect(httpd.upgrade?.({ ports: [80, 81], page: "a" })).toEqual({ ports: [80, 81], page: "a", tlsPorts: [] });
  const current = { ports: [80, 443], tlsPorts: [443], page: "a" };
  expect(httpd.upgrade?.(current)).toEqual(current);
});
