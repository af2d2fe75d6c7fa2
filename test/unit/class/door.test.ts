import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openClass } from "../../../class/class.ts";
import { accountOf, DoorError, refuseOwnUsers } from "../../../class/door/accounts.ts";
import { cardsAsJson, cardsOf, cardsPage, cardText, fingerprintOf } from "../../../class/door/card.ts";
import { rosterFiles, sshdConfig, tokenFile } from "../../../class/door/door-files.ts";
import { menuText } from "../../../cli/class/door/menu.ts";
import { MessageReader, messageOf, parseHello } from "../../../cli/class/door/protocol.ts";
import { fileMessage } from "../../../provision/host/confined/confined.ts";

/** RFC 4253, section 6.6: strings with their lengths. */
const blob = Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from("ssh-ed25519"),
  Buffer.from([0, 0, 0, 1]),
  Buffer.from("k"),
]);
const key = `ssh-ed25519 ${blob.toString("base64")} alice@laptop`;
const servers = ["server1", "server2"];

describe("an account in the door", () => {
  it("has addresses and a user that no other student has, whatever their number", () => {
    const accounts = Array.from({ length: 600 }, (_, number) => accountOf({ id: `s${number}`, key }, servers, number));
    const addresses = accounts.flatMap(({ hosts }) => hosts.map(({ address }) => address));
    expect(new Set(addresses).size).toBe(600 * 3);
    for (const address of addresses) expect(address).toMatch(/^127\.[1-3]\.\d{1,3}\.[1-3]$/);
    expect(new Set(accounts.map(({ uid }) => uid)).size).toBe(600);
    expect(() => accountOf({ id: "one", key }, servers, 3000)).toThrow("room for 3000 students");
  });

  it("answers to the id in lower case, and as the roster has it", () => {
    expect(accountOf({ id: "Bob", key }, servers, 0)).toMatchObject({
      id: "bob",
      names: ["bob", "Bob"],
      key: key.replace(/ alice@laptop/, ""),
    });
    expect(accountOf({ id: "Bob", key }, servers, 0).hosts.map(({ qualified }) => qualified)).toEqual([
      ...["server1.bob", "server2.bob", "client.bob"],
    ]);
  });

  it("cannot be that of a user whom the door has itself", () => {
    expect(() => refuseOwnUsers([{ id: "alice", line: 2 }], "r.csv")).not.toThrow();
    for (const id of ["root", "SSHD"]) expect(() => refuseOwnUsers([{ id, line: 3 }], "r.csv")).toThrow(DoorError);
    expect(() => refuseOwnUsers([{ id: "Root", line: 3 }], "r.csv")).toThrow(
      "r.csv, line 3: the class's door has a user `root`",
    );
  });
});

describe("the door's files", () => {
  const accounts = [accountOf({ id: "alice", key }, servers, 0), accountOf({ id: "bob", key: "" }, servers, 1)];
  const files = rosterFiles(accounts, (id) => `token of ${id}`);

  it("give a student's key and token to that student alone, and none to who has no key", () => {
    const own = files.filter(({ user }) => user !== 0);
    expect(own.map(({ path, mode, user }) => [path, mode, user])).toEqual([
      ["/etc/ssh/keys/alice", "0400", 1000],
      [tokenFile(1000), "0400", 1000],
    ]);
    expect(own[0]?.text).toBe(`restrict,pty,port-forwarding ssh-ed25519 ${blob.toString("base64")}\n`);
    expect(own[1]?.text).toBe("token of alice");
  });

  it("let each student open their own machines, and nobody else's", () => {
    const [, ...blocks] = sshdConfig(accounts).split("\nMatch User ");
    expect(blocks.map((block) => block.trim().split("\n"))).toEqual([
      ["alice", "  AllowTcpForwarding local", "  PermitOpen server1.alice:22 server2.alice:22 client.alice:22"],
      ["bob", "  AllowTcpForwarding local", "  PermitOpen server1.bob:22 server2.bob:22 client.bob:22"],
    ]);
  });

  it("cannot have a path that would end its line early", () => {
    expect(fileMessage({ path: "/etc/x", mode: "0644", user: 0, text: "ä\n" }).toString()).toBe("0644 0 3 /etc/x\nä\n");
    expect(() => fileMessage({ path: "/etc/x y", mode: "0644", user: 0, text: "" })).toThrow("no file");
  });
});

describe("messages of a session", () => {
  it("are read whole, however they are cut", () => {
    const bytes = Buffer.concat([messageOf("I", "one\n"), messageOf("Z"), messageOf("W", "24\x0080")]);
    for (const size of [1, 3, 7, bytes.length]) {
      const reader = new MessageReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += size) read.push(...reader.read(bytes.subarray(at, at + size)));
      expect(read.map(({ kind, body }) => `${kind} ${body}`)).toEqual(["I one\n", "Z ", "W 24\x0080"]);
    }
  });

  it("are refused where they are longer than any session's", () => {
    expect(() => new MessageReader().read(Buffer.from([73, 255, 255, 255, 255]))).toThrow("4294967295 bytes");
  });

  it("greet with a token, a terminal and a command, and with nothing that is no terminal's type or size", () => {
    const hello = (...words: (string | number)[]) => parseHello(Buffer.from(words.join("\0")));
    expect(hello("t", 1, "xterm", 24, 80, 1, "server1 a\0b")).toEqual({
      ...{ token: "t", terminal: { type: "xterm", rows: 24, columns: 80 }, command: "server1 a\0b" },
    });
    expect(hello("t", 0, "", 0, 0, 0, "")).toEqual({ token: "t" });
    expect(hello("t", 1, "a;b", "-5", "1e9", 0, "").terminal).toEqual({ type: "dumb", rows: 0, columns: 9999 });
    expect(() => hello("t", 1)).toThrow("cut off");
  });
});

describe("cards", () => {
  const cards = async (more = "") => {
    const folder = await mkdtemp(join(tmpdir(), "lvs-lab-cards-"));
    process.env.LVS_LAB_STATE = join(folder, "state");
    try {
      await writeFile(join(folder, "roster.csv"), `id,name,key\nalice,"Alice <b>Müller</b>",${key}\nBob,Bob,\n`);
      await writeFile(
        join(folder, "class.yaml"),
        `name: net1\nexercise: bare\nroster: roster.csv\ndoor: {port: 2222, address: 192.0.2.1, host: lab.example.org}\n${more}`,
      );
      const all = await openClass(join(folder, "class.yaml"));
      if (!all.door) throw new Error("no door");
      return { all, cards: cardsOf({ ...all, door: all.door }, all.members, "ssh-ed25519 AAAAHOST") };
    } finally {
      delete process.env.LVS_LAB_STATE;
      await rm(folder, { recursive: true });
    }
  };

  it("say how to get in, what the door's key is, and the values of one's own", async () => {
    const { cards: both, all } = await cards("vary: [vip, port, token]\n");
    const [alice, bob] = both;
    if (!alice || !bob) throw new Error("no cards");
    expect(alice).toMatchObject({ user: "alice", host: "lab.example.org", port: 2222, hasKey: true });
    expect(alice.values.map(([title]) => title)).toEqual(["address", "token"]);
    expect(alice.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    const text = cardText(alice);
    expect(text).toContain("ssh -p 2222 alice@lab.example.org server1");
    expect(text).toContain(alice.fingerprint);
    expect(text).toContain(
      "Host server1.alice server2.alice server3.alice\n      User root\n      ProxyJump net1-door",
    );
    expect(cardText(bob)).toContain("no key of yours in the roster");
    expect(cardText(bob)).toContain("bob@lab.example.org");
    expect(menuText(all.members[0] as never)).toContain("  1  server1");
    const said = [cardText(alice), cardsPage("net1", both), menuText(all.members[0] as never)];
    const told = [
      cardText({ ...alice, recorded: true }),
      cardsPage("net1", [{ ...alice, recorded: true }]),
      menuText(all.members[0] as never, { recorded: true }),
    ];
    for (const text of said) expect(text).not.toContain("is recorded");
    for (const text of told) expect(text).toMatch(/^.*is recorded for your teacher\.(<\/p>)?$/m);
  });

  it("as a page: a sheet each, names as text, no link and no script", async () => {
    const page = cardsPage("net1", (await cards()).cards);
    expect(page.match(/<section>/g)).toHaveLength(2);
    expect(page).toContain("Alice &lt;b&gt;Müller&lt;/b&gt;");
    expect(page).toMatch(/break-after: page/);
    expect(page).not.toMatch(/<script|<link|<a |href=|src=|https?:|url\(|@import/);
  });

  it("as data have a format and a version", async () => {
    expect(cardsAsJson("net1", (await cards()).cards)).toMatchObject({
      ...{
        format: "lvs-lab class access",
        version: 1,
        class: "net1",
        students: [{ id: "alice" }, { id: "Bob", hasKey: false }],
      },
    });
  });

  it("show a key's fingerprint as ssh-keygen -l does", () => {
    // A key of ssh-keygen's with what it says of it.
    expect(fingerprintOf("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOr+vKClnvUsAaF4sn8jweLIzmZVYQwQh7z5HtJf1N5v x")).toBe(
      "SHA256:UNF2HlfglehnTrosmvLWrkvtlFeV3bmoe7WxnMDMDoQ",
    );
  });
});
