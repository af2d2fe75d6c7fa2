import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { explain } from "../../../cli/explain/explanation.ts";
import { comment, fold } from "../../../cli/explain/fold.ts";
import { formatExplanation, formatScript } from "../../../cli/explain/format.ts";
import { type ArpCure, arpCures, type Lab, labNames, readLab, type Server } from "../../../lab/index.ts";
import type { ResourceDefinition } from "../../../provision/resource.ts";
import { roleInputs, roleNames, roles } from "../../../provision/roles/index.ts";
import { GENERATED } from "../../../provision/roles/keepalived-conf.ts";
import { closeConnections, command, ServerConnection, type Word } from "../../../provision/ssh/index.ts";

const labs = [...labNames().map((name) => `labs/${name}.yaml`), "docs/everything.yaml"];

/** Those whose servers are set up in different ways. */
const different = labs.filter((file) => !/baked|bare|arp-problem/.test(file));

const scriptOf = (lab: Lab, server: string): string =>
  formatScript(explain(lab, { host: server }), { lab: `labs/${lab.name}.yaml`, server });

describe("for people", () => {
  it("is what docs/cli.md shows", async () => {
    const page = readFileSync("docs/cli.md", "utf8");
    const [, shown = ""] = /^\$ npx lvs-lab explain dr server1\n([\s\S]*?)^…$/m.exec(page) ?? [];
    expect(shown.split("\n").length).toBeGreaterThan(10);
    expect(formatExplanation(explain(await readLab("labs/dr.yaml"), { host: "server1" })).startsWith(shown)).toBe(true);
  });

  it("each step has its server and its reason above its commands, with a blank line between steps", async () => {
    const text = formatExplanation(explain(await readLab("labs/dr.yaml")));
    expect(text).toContain(`

# server2: The VIP, or the kernel drops what the director sends on. As a /32 it brings no second
# route to the network.
ip address replace 172.25.254.100/32 dev eth0

# server2: `);
    for (const paragraph of text.split("\n\n")) expect(paragraph).toMatch(/^# /);
  });

  it("another stack than that of the lab's name is the one in commands", async () => {
    const text = formatExplanation(explain(await readLab("labs/ha.yaml"), { host: "server1", stack: "alice" }));
    expect(text).toContain("npx lvs-lab ssh -s alice SERVER");
    expect(text).toContain("npx lvs-lab ssh -s alice server1 -- cat ");
    expect(text).not.toContain("-s ha");
    for (const [, command] of text.matchAll(/npx lvs-lab ([a-z-]+ \S+ \S+)/g)) expect(command).toMatch(/ -s alice\b/);
  });

  it("commands for the client are preceded by how to get there", async () => {
    const dr = await readLab("labs/dr.yaml");
    const way = "\n# The client of the lab, where requests come from: npx lvs-lab client -s dr.\n";
    expect(formatExplanation(explain(dr))).toContain(way);
    expect(formatExplanation(explain(dr, { host: "server1" }))).not.toContain(way);
  });

  it.each(labs)("%s: no comment and no command that can be folded has 100 columns", async (file) => {
    const lab = await readLab(file);
    const texts = [
      formatExplanation(explain(lab)),
      ...lab.servers.map(({ name }) => scriptOf({ ...lab, name: "x" }, name)),
    ];
    const lines = texts.flatMap((text) => text.replaceAll(/<<'(END_*)'\n[\s\S]*?^\1$/gm, "").split("\n"));
    expect(lines.filter((line) => line.length > 99)).toEqual([]);
  });

  it("set-up comes first, then what to look at, by the checks in their order, but for those with faults", async () => {
    const text = formatExplanation(explain(await readLab("labs/ha.yaml")));
    const looks = [...text.matchAll(/^# Check on (.*?): /gm)].map(([, on]) => on);
    expect(looks.slice(0, 3)).toEqual(["server1 and server4", "server2", "server3"]);
    expect(looks).toContain("the client");
    expect(text.lastIndexOf("systemctl restart keepalived")).toBeLessThan(text.indexOf("# Check on"));
    expect(text).toContain("\nfor i in {1..10}; do curl 172.25.254.100; done\n");
    expect(text).not.toMatch(/poweroff|systemctl stop/);
  });

  it("a server's last step is followed by what keeps its settings at a reboot", async () => {
    const text = formatExplanation(explain(await readLab("labs/dr.yaml"), { host: "server1" }));
    expect(text).toMatch(
      /ipvsadm -a .*\n\n# server1: a reboot undoes what ip and ipvsadm did\. [\s\S]*lvs-director\.service[\s\S]*\n\n# Check on server1/,
    );
    expect(formatExplanation(explain(await readLab("labs/ha.yaml"), { host: "server1" }))).not.toContain("reboot");
  });

  it("one server, or the client: what is typed there, and on one's own machine for it", async () => {
    const ha = await readLab("labs/ha.yaml");
    const server4 = formatExplanation(explain(ha, { host: "server4" }));
    expect(server4).not.toMatch(/^# (server[123]|Check on (?!server4:))/m);
    expect(server4).toContain("npx lvs-lab ssh -s ha server4 -- cat /root/.ssh/id_ed25519.pub |\n");
    expect(server4).not.toContain("npx lvs-lab ssh -s ha server1 -- cat ");
    expect(explain(ha, { host: "client" })).toMatchObject({ steps: [], atBoot: [] });
    expect(explain(ha, { host: "client" }).look.map(({ check }) => check)).toEqual([
      "arp-owner",
      "balancing",
      "forwarding-path",
    ]);
  });
});

describe("as data", () => {
  it("has a format and a version, and says where each step is typed", async () => {
    const data = JSON.parse(JSON.stringify(explain(await readLab("labs/bare-ha.yaml"))));
    expect(data).toMatchObject({ format: "lvs-lab explain", version: 1, lab: "bare-ha", control: "keepalived" });
    expect(data.steps[0]).toEqual({
      server: "server2",
      ownMachine: false,
      why: "Install a web server and arptables.",
      commands: ["apt-get --quiet update", "apt-get --quiet --yes install apache2 arptables"],
    });
    expect(data.steps.find(({ check }: { check?: string }) => check !== undefined)).toMatchObject({
      ...{ server: "server2", check: "httpd-page", commands: ["echo server2 >/var/www/html/index.html"] },
    });
    expect(data.atBoot[0]).toEqual({
      server: "server2",
      unit: "lvs-real-server.service",
      programs: ["ip", "arptables"],
    });
    expect(data.look[0]).toMatchObject({
      check: "director-table",
      on: ["server1", "server4"],
      commands: ["ipvsadm -ln"],
    });
  });
});

describe("folding", () => {
  const words = (text: string): string[] =>
    execFileSync("bash", ["-c", `show() { printf '%s\\n' "$@"; }\n${text}`], { encoding: "utf8" }).split("\n");

  it("leaves the shell the same words, and an option beside its value", () => {
    const long = `show -e 'a  b ${"c".repeat(40)}' "d # $((1 + 1))" -e '${"e f ".repeat(10)}' \\# plain -n ${"g".repeat(30)}`;
    const folded = fold(long);
    expect(folded.split("\n").length).toBeGreaterThan(1);
    for (const line of folded.split("\n")) expect(line.length).toBeLessThan(100);
    expect(folded).not.toMatch(/ -\w \\$/m);
    expect(words(folded)).toEqual(words(long));
  });

  it("leaves what is short enough, and a here-document, as it is", () => {
    expect(fold("ip addr")).toBe("ip addr");
    const document = `cat >file <<'END'\n${"long ".repeat(40)}\nEND`;
    expect(fold(document)).toBe(document);
  });

  it("gives a long comment at the end lines of its own", () => {
    expect(fold(`curl http://172.25.254.100/ # ${"in another shell ".repeat(8).trim()}`)).toBe(
      "curl http://172.25.254.100/\n" +
        "# in another shell in another shell in another shell in another shell in another shell in another\n" +
        "# shell in another shell in another shell",
    );
  });

  it("keeps a quoted word of such a comment on one line, and an apostrophe", () => {
    const quoted = `'${"host 172.25.254.250 or ".repeat(3)}ip proto 4'`;
    expect(
      fold(`curl 172.25.254.100 # the client's, while in another shell: npx lvs-lab capture --filter ${quoted}`),
    ).toBe(`curl 172.25.254.100\n# the client's, while in another shell: npx lvs-lab capture --filter\n# ${quoted}`);
  });

  it("a comment has a word at least on each line", () => {
    expect(comment(`a ${"b".repeat(200)} c`)).toBe(`# a\n# ${"b".repeat(200)}\n# c`);
  });
});

describe("as a script", () => {
  it.each(labs)("%s: bash takes it", async (file) => {
    const lab = await readLab(file);
    for (const { name } of lab.servers) {
      const script = scriptOf(lab, name);
      execFileSync("bash", ["-n"], { input: script });
      expect(script).toMatch(/^#!\/usr\/bin\/env bash\n/);
      expect(script).toMatch(/^set -e$/m);
    }
  });

  it("what is typed on one's own machine is a comment in it", async () => {
    const script = scriptOf(await readLab("labs/ha.yaml"), "server1");
    expect(script).toContain("\n#   npx lvs-lab ssh -s ha server1 -- cat /root/.ssh/id_ed25519.pub |\n#     npx ");
    expect(script).not.toMatch(/^\s*npx/m);
  });

  it("stops at the first command that fails, and no command reads the rest of it", async () => {
    const script = scriptOf(await readLab("labs/dr.yaml"), "server2");
    const bash = (stubs: string) => {
      const text = `${stubs}\n${script.replaceAll("/var/www/html/", `${mkdtempSync(join(scratch, "www-"))}/`)}`;
      try {
        return execFileSync("bash", { input: text, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    const others = "systemctl() { :; }; ip() { :; }; arptables() { echo arptables; }";
    expect(bash(`apt-get() { echo "read: $(cat)"; }; ${others}`)).toBe(
      `${"read: \n".repeat(2)}${"arptables\n".repeat(3)}`,
    );
    expect(bash(`apt-get() { echo apt-get; return 1; }; ${others}`)).toBe("apt-get\n");
  });
});

const scratch = mkdtempSync(join(tmpdir(), "lvs-lab-explain-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("the commands are those of the roles", () => {
  afterEach(async () => {
    vi.restoreAllMocks();
    await closeConnections();
  });

  const cured = (arpCure: ArpCure) => (lab: Lab) => ({
    ...lab,
    servers: lab.servers.map((one) => (one.role === "real-server" ? { ...one, arpCure } : one)),
  });

  it.each([
    ...different.map((file) => ({ file, what: "as it is", change: (lab: Lab): Lab => lab })),
    ...arpCures.flatMap((name) =>
      ["labs/dr.yaml", "labs/tunnel.yaml"].map((file) => ({ file, what: `ARP cure ${name}`, change: cured(name) })),
    ),
  ])("$file, $what: the roles run each, they leave nothing out, and may be typed again", async ({ file, change }) => {
    const lab = change(await readLab(file));
    for (const server of lab.servers) {
      const byRoles = runIn("roles", (await scriptsOfRoles(lab, server)).join("\n"));
      const byHand = runIn("hand", scriptOf(lab, server.name));
      const typed = byHand.commands.flatMap(plain);
      const known = [...byRoles.commands.flatMap(plain), ...atBoot(byRoles)];
      expect(typed.length).toBeGreaterThan(3);
      expect(typed.filter((one) => !known.includes(one))).toEqual([]);
      // A server that has just booted forwards nothing.
      const needed = atBoot(byRoles).filter((one) => one !== "sysctl -q net.ipv4.ip_forward=0");
      expect(needed.filter((one) => !typed.includes(one))).toEqual([]);
      expect(withoutOwn(byHand.files)).toEqual(withoutOwn(byRoles.files));
      expect(runIn("hand", scriptOf(lab, server.name), { again: true }).files).toEqual(byHand.files);
    }
  });
});

/** What scripts did: programs with their arguments, and the files that there are in the end. */
interface Done {
  readonly commands: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** What the units of roles run at boot, by the rules for `ipvsadm --restore` too. */
const atBoot = ({ files }: Done): string[] =>
  Object.entries(files).flatMap(([path, text]) => [
    ...(path.endsWith(".service") ? [...text.matchAll(/^ExecStart=-?(?:\/usr)?\/sbin\/(.*)$/gm)] : []).map(
      ([, line = ""]) => line.replaceAll('"', ""), // which the shell takes away from nft's words
    ),
    ...(path.endsWith("ipvsadm.rules")
      ? text
          .trim()
          .split("\n")
          .map((line) => `ipvsadm ${line}`)
      : []),
  ]);

/** Without the files by which the lab does what a person does by hand: units of kernel settings, and its way to packages. What it generates says so. */
const withoutOwn = (files: Done["files"]): Done["files"] =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => !/^\/etc\/(systemd\/system\/(?!lvs-udp-server)|lvs-lab\/)/.test(path))
      .map(([path, text]) => [path, text.replace(GENERATED, "")]),
  );

/** A command in the same form for role and person: a package or a verb each, without what saves a role time. */
function plain(line: string): string[] {
  const [program = "", ...words] = line.split(" ");
  if (program === "ssh-keygen" || program === "ssh-keyscan") return []; // keys are Pulumi's where the role writes them
  if (program === "apt-get" && words.includes("install"))
    return words.filter((word) => !word.startsWith("-") && word !== "install").map((name) => `install ${name}`);
  if (program !== "systemctl") return [line.replace(".candidate", "")];
  const [verb = "", unit] = words
    .filter((word) => !word.startsWith("-"))
    .map((word) => word.replace(/^restart$/, "start"));
  return words.includes("--now")
    ? [`systemctl ${verb} ${unit}`, `systemctl start ${unit}`]
    : [`systemctl ${verb} ${unit}`];
}

/** Files that the packages bring. */
const packaged: Readonly<Record<string, string>> = {
  "/etc/apache2/ports.conf": "Listen 80\n\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n",
  "/etc/apache2/sites-available/000-default.conf": "<VirtualHost *:80>\n\tDocumentRoot /var/www/html\n</VirtualHost>\n",
  "/etc/keepalived/samples": "",
  "/etc/systemd/system/some.service": "",
  "/etc/ssh/sshd_config": "",
  "/root/.ssh/authorized_keys": "",
  "/etc/apache2/conf-enabled/charset.conf": "",
  "/var/www/html/index.html": "It works!\n",
};

const programs =
  "ip ipvsadm arptables nft openssl sysctl modprobe systemctl apt-get dpkg timeout keepalived ssh-keygen ssh-keyscan";

/** Runs a script for bash in a directory in the place of `/`, with programs that are only noted. */
function runIn(name: string, script: string, { again = false } = {}): Done {
  const root = join(scratch, name);
  if (!again) {
    rmSync(root, { recursive: true, force: true });
    for (const [path, text] of Object.entries(packaged)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  const stubs = `for program in ${programs}; do eval "$program() { echo $program \\"\\$@\\" >>${root}.log; }"; done
seq() { echo 1; }; sleep() { :; }`;
  writeFileSync(`${root}.log`, "");
  execFileSync("bash", {
    input: `${stubs}\n${script.replaceAll(/(?<![\w}])\/(etc|root|var|usr\/local)\//g, `${root}/$1/`)}`,
  });
  const back = (text: string): string => text.replaceAll(`${root}/`, "/");
  const paths = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return {
    commands: back(readFileSync(`${root}.log`, "utf8"))
      .split("\n")
      .filter(Boolean),
    files: Object.fromEntries(
      paths
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !path.endsWith("ssh_known_hosts"))
        .map((path) => [path.slice(root.length), back(readFileSync(path, "utf8"))]),
    ),
  };
}

/** What the roles of a server run over SSH when they are created, but for peer keys. */
async function scriptsOfRoles(lab: Lab, { name, os, management }: Server): Promise<string[]> {
  const scripts: string[] = [];
  const connection = {
    connected: true,
    close() {},
    script: async (text: string) => void scripts.push(text),
    run: async (pieces: TemplateStringsArray, ...values: Word[]) => void scripts.push(command(pieces, ...values)),
  };
  vi.spyOn(ServerConnection, "connect").mockResolvedValue(connection as never);
  const server = { host: { kind: "private", directory: scratch }, name, os, address: management, instance: lab.name };
  const inputs = roleInputs(lab, lab.servers.find((one) => one.name === name) as Server);
  for (const role of roleNames.filter((one) => one !== "peerKeys")) {
    const given = inputs[role];
    const { want, apply } = roles[role].resource as unknown as ResourceDefinition;
    if (given) await apply({ server, ...given, ...want.parse(given) } as never, undefined, () => {});
  }
  // Each in a shell of its own, as over SSH.
  return scripts.map((text) => `(\n${text}\n)`);
}
