import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { $ } from "zx";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";
import { checks } from "../../verify/checks/index.ts";
import { faults } from "../../verify/faults/index.ts";
import { findScenario, scenarioNames } from "../../verify/scenarios/index.ts";

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "lvs-lab-state-"));
});
afterAll(() => rm(state, { recursive: true }));

/** Runs the command line as a user does, with a state and a home of the test's and none of the user's Pulumi settings. */
async function lvsLab(...args: string[]) {
  const given = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|LVS_LAB_STACK$)/.test(name));
  const { exitCode, stdout, stderr } = await $({
    cwd: projectRoot,
    env: { ...Object.fromEntries(given), HOME: state, LVS_LAB_CACHE: cacheRoot(), LVS_LAB_STATE: state },
    nothrow: true,
    quiet: true,
  })`${join(projectRoot, "cli/lvs-lab")} ${args}`;
  return { status: exitCode, stdout, stderr };
}

// Each run starts a Node of its own.
describe.concurrent("lvs-lab", () => {
  it("--help lists every command, on stdout", async () => {
    const { status, stdout, stderr } = await lvsLab("--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const commands = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([a-z-]+)/gm)].map(
      ([, name]) => name,
    );
    expect(commands.sort()).toEqual(
      [
        ...[
          "capture",
          "check",
          "ci",
          "class",
          "client",
          "completion",
          "console",
          "doctor",
          "down",
          "drain",
          "env",
          "explain",
          "failover",
          "fault",
          "grade",
          "guide",
          "heal",
          "help",
          "help-me",
        ],
        ...["inventory", "logs", "rehearse", "reset", "restore", "scenario", "snapshot", "snapshots"],
        ...["soak", "ssh", "ssh-config", "status", "undrain", "up", "validate"],
      ].sort(),
    );
  });

  it("COMMAND --help tells how a lab is chosen", async () => {
    const { status, stdout } = await lvsLab("check", "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/-s, --stack <name> .*default: "ha".*LVS_LAB_STACK/s);
  });

  it.each([
    ["an unknown command", ["destroy"], "unknown command 'destroy'"],
    ["an unknown option", ["status", "--jsno"], "unknown option '--jsno'"],
    ["a missing argument", ["validate"], "missing required argument 'file'"],
    ["a missing server", ["ssh", "-s", "ha"], "missing required argument 'server'"],
    [
      "a stack behind the server",
      ["ssh", "server1", "-s", "dr", "--", "true"],
      "name the stack first: `npx lvs-lab ssh -s ",
    ],
    ["an option without its value", ["status", "-s"], "argument missing"],
    ["a fault without a server", ["fault", "inject", "pause"], "missing required argument 'server'"],
    ["a soak of no requests", ["soak", "--requests", "0"], "expected a whole number from 1."],
    ["a scenario that is run no time", ["scenario", "run", "director-down", "--repeat", "0"], "from 1 to 1000."],
    ["a capture for no time that there is", ["capture", "--seconds", "soon"], "expected a number of seconds."],
    [
      "events with a comma",
      ["rehearse", "run", "--only", "crash,script"],
      "all-refuse; several are separated by spaces",
    ],
    ["a folder among the events", ["rehearse", "run", "--only", "crash", "labs"], "the folder comes before --only"],
    ["an explanation of nothing", ["explain"], "missing required argument 'lab'"],
    ["a script as JSON", ["explain", "dr", "server1", "--script", "--json"], "cannot be used with option '-j, --json'"],
    ["completion of an unknown shell", ["completion", "csh"], "Allowed choices are bash, zsh, fish"],
    ["a lab that is kept now and then", ["ci", "--keep", "sometimes"], "Allowed choices are never, on-failure, always"],
  ])("%s is an error of configuration, with help, on stderr", async (_what, args, message) => {
    const { status, stdout, stderr } = await lvsLab(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toContain("(lvs-lab --help lists the commands)");
  });

  it("an unknown check is answered with those that are, before any lab is asked for", async () => {
    const { status, stderr } = await lvsLab("check", "-s", "nosuch", "--only", "arp-cure", "arp-curse");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^lvs-lab: there is no check arp-curse; choose from .*\barp-cure\b/);
  });

  it.each([
    [
      "a role",
      ["--role", "client", "director", "switch"],
      /^lvs-lab: there is no role switch; choose from director, real-server, client\n$/,
    ],
    [
      "a check of the catalogue",
      ["--list", "--only", "arp-curse"],
      /^lvs-lab: there is no check arp-curse; choose from /,
    ],
    [
      "names with a comma",
      ["--list", "--only", "arp-cure,mail"],
      /^lvs-lab: there is no check arp-cure,mail; choose from .*; several are separated by spaces, without commas\n$/,
    ],
    [
      "--list of a server",
      ["--list", "--server", "server1"],
      /'--list' cannot be used with option '--server <name\.\.\.>'/,
    ],
    ["--watch as JSON", ["--watch", "--json"], /'--watch \[seconds\]' cannot be used with option '-j, --json'/],
    ["--watch of what breaks things", ["--watch", "--faults"], /cannot be used with option '--faults'/],
    ["--tap as JSON", ["--tap", "--json"], /cannot be used with option '-j, --json'/],
    ["--watch with no number", ["--watch", "often"], /expected a number of seconds/],
  ])("%s that there is not, is an error of configuration", async (_what, args, message) => {
    const { status, stdout, stderr } = await lvsLab("check", "-s", "nosuch", ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("check --list shows the catalogue with no lab running, narrowed down and as JSON", async () => {
    const text = await lvsLab("check", "--list");
    expect(text).toMatchObject({ status: 0, stderr: "" });
    for (const { id } of checks) expect(text.stdout).toMatch(new RegExp(`^${id} {2}\\(`, "m"));
    const { status, stdout } = await lvsLab(
      "check",
      "--list",
      "--json",
      "--role",
      "real-server",
      "--only",
      "arp-cure",
      "mail",
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "lvs-lab check catalogue",
      version: 2,
      checks: [
        {
          id: "arp-cure",
          role: "real-server",
          example: { subject: "server2", byHand: [expect.stringMatching(/^tcpdump -ni eth0 arp /)] },
        },
      ],
    });
  });

  it.each([
    [
      "a lab that is not there",
      ["nosuch"],
      /^lvs-lab: there is no lab nosuch: no file nosuch, and no labs\/nosuch\.yaml\. Fix: give the path of a lab file, or one of .*\bdr, /,
    ],
    [
      "a file that is not there",
      ["labs/nosuch.yaml"],
      /^labs\/nosuch\.yaml:1:1: expected a lab file .* Fix: check the path;/,
    ],
    [
      "a server that the lab does not have",
      ["dr", "server4"],
      /^lvs-lab: labs\/dr\.yaml: the lab dr has no server server4\. Fix: choose one of server1, server2, server3, client\n$/,
    ],
    [
      "a script for no server",
      ["dr", "--script"],
      /^lvs-lab: --script is for one server, .*Fix: lvs-lab explain dr SERVER --script, with one of server1, server2, server3\n$/,
    ],
    ["a script for the client", ["dr", "client", "--script"], /nothing is set up on the client/],
  ])("explain answers %s with what to do", async (_what, args, message) => {
    const { status, stdout, stderr } = await lvsLab("explain", ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("explain takes a lab by its name or its path, and prints text, data or a script", async () => {
    const text = await lvsLab("explain", "dr", "server1");
    expect(text).toMatchObject({ status: 0, stderr: "" });
    expect(text.stdout).toMatch(/^# server1: The VIP.*\n(# .*\n)*ip address replace 172\.25\.254\.100\/24 dev eth0$/m);
    expect((await lvsLab("explain", "labs/dr.yaml", "server1")).stdout).toBe(text.stdout);
    const { stdout } = await lvsLab("explain", "dr", "server1", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ format: "lvs-lab explain", version: 1, lab: "dr" });
    const script = await lvsLab("explain", "labs/dr.yaml", "server1", "--script");
    expect(script.stdout).toMatch(
      /^#!\/usr\/bin\/env bash\n(#.*\n)*# {3}npx lvs-lab explain labs\/dr\.yaml server1 --script \|\n/,
    );
  });

  it("a stack that is not there has Pulumi's status for it, and the remedy", async () => {
    const { status, stdout, stderr } = await lvsLab("status", "--json", "-s", "nosuch");
    expect({ status, stdout }).toEqual({ status: 6, stdout: "" });
    expect(stderr).toBe('lvs-lab: there is no stack "nosuch"; `npm run up -- -s nosuch` creates it\n');
  });

  it("env prints lines that a shell takes, and keeps the passphrase from others' eyes", async () => {
    const { status, stdout } = await lvsLab("env");
    expect(status).toBe(0);
    const backend = await $({ quiet: true })`sh -c ${`${stdout}\nprintf %s "$PULUMI_BACKEND_URL"`}`;
    expect(backend.stdout).toBe(`file://${state}/pulumi?metadata=skip`);
    const mode = await $({ quiet: true })`stat --format %a ${join(state, "passphrase")}`;
    expect(mode.stdout.trim()).toBe("600");
  });
});

it("lvs-lab ci finds out that a scenario is not there before it brings a lab up", async () => {
  const { status, stderr } = await lvsLab("ci", "-s", "nosuch", "--keep", "always", "--scenarios", "director-dwon");
  expect(status).toBe(2);
  expect(stderr).toContain("did you mean `director-down`?");
});

describe.concurrent("lvs-lab fault", () => {
  it("list shows every fault with no lab running, as text and as JSON", async () => {
    const text = await lvsLab("fault", "list");
    expect(text).toMatchObject({ status: 0, stderr: "" });
    for (const { id } of faults) expect(text.stdout).toMatch(new RegExp(`^${id}: `, "m"));
    const { status, stdout } = await lvsLab("fault", "list", "--json");
    expect(status).toBe(0);
    const listed = JSON.parse(stdout);
    expect(listed).toMatchObject({ format: "lvs-lab faults", version: 1 });
    expect(listed.faults.find(({ id }: { id: string }) => id === "rogue-router")).toMatchObject({
      parameters: ["priority", "password"],
      byHand: { inject: expect.any(String), heal: expect.any(String) },
    });
  });
});

describe.concurrent("lvs-lab scenario", () => {
  it("list shows those that are shipped, with the controls that they are for", async () => {
    const { status, stdout } = await lvsLab("scenario", "list");
    expect(status).toBe(0);
    const names = await scenarioNames();
    expect(
      stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(" ")[0]),
    ).toEqual(names);
    expect(stdout).toMatch(/^arp-conflict +ipvsadm,keepalived +\S/m);
    const json = JSON.parse((await lvsLab("scenario", "list", "--json")).stdout);
    expect(json).toMatchObject({ format: "lvs-lab scenarios", version: 2 });
    expect(json.scenarios.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it("validate says of files whether they are right, and where they are not", async () => {
    const good = await findScenario("director-down");
    expect(await lvsLab("scenario", "validate", good)).toMatchObject({
      status: 0,
      stdout: `${good}: "The master loses its power", 9 steps: valid\n`,
    });
    const bad = join(state, "bad-scenario.yaml");
    await writeFile(bad, (await readFile(good, "utf8")).replace("fault: power-off", "fault: power-of"));
    const { status, stderr } = await lvsLab("scenario", "validate", bad);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`^${bad}:11:12: steps\\[1\\]\\.fault: .*did you mean \`power-off\``));
  });

  it("run wants to be told which, before any lab is asked for", async () => {
    const { status, stderr } = await lvsLab("scenario", "run", "-s", "nosuch");
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "lvs-lab: name a scenario or use --all; `lvs-lab scenario list` lists them\n",
    });
  });
});

describe.concurrent("lvs-lab validate", () => {
  it("says what is in each good file", async () => {
    expect(await lvsLab("validate", "labs/dr.yaml", "labs/ha.yaml", "labs/bare-ha.yaml")).toEqual({
      status: 0,
      stdout: `labs/dr.yaml: lab dr, ipvsadm in control, 3 servers: valid
labs/ha.yaml: lab ha, keepalived in control, 4 servers: valid
labs/bare-ha.yaml: lab bare-ha, set up by hand, keepalived in control, 4 servers: valid
`,
      stderr: "",
    });
  });

  it("says of a bad one where it is bad, what was found and how to mend it", async () => {
    const file = join(state, "bad.yaml");
    const good = await readFile(join(projectRoot, "labs/dr.yaml"), "utf8");
    await writeFile(file, good.replace("scheduler: rr", "scheduler: roundrobin"));
    const line = good.split("\n").findIndex((text) => text.includes("scheduler: rr")) + 1;
    const { status, stdout, stderr } = await lvsLab("validate", file);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^${file}:${line}:\\d+: .*expected .*\\brr\\b.*found "?roundrobin`));
    expect(stderr).toMatch(/: 1 problem\n$/);
  });

  it("says of a file that is not there that it cannot be read", async () => {
    const { status, stderr } = await lvsLab("validate", "labs/nosuch.yaml");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^labs\/nosuch\.yaml:1:1: .*ENOENT/);
  });
});

describe.concurrent("lvs-lab class", () => {
  /** Writes a class of these students into a directory of its own. */
  async function aClass(name: string, rows: string, more = "vary: [vip, token]\n"): Promise<string> {
    const directory = await mkdtemp(join(state, "class-"));
    await writeFile(join(directory, "roster.csv"), `id,name\n${rows}`);
    const file = join(directory, "class.yaml");
    await writeFile(file, `name: ${name}\nexercise: bare\nroster: roster.csv\n${more}`);
    return file;
  }

  it("tells every mistake of a roster with its line, before anything is made", async () => {
    const file = await aClass("c1", "alice,A\n../x,X\nALICE,B\n");
    const { status, stdout, stderr } = await lvsLab("class", "up", "--file", file);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/roster\.csv:3:1: id: expected an id: .*; found \.\.\/x\. Fix: write one such as `x`$/m);
    expect(stderr).toMatch(/roster\.csv:4:1: id: .*differs from alice in case alone \(see .*roster\.csv:2:1\)/);
    expect(stderr).toMatch(/: 2 problems\n$/);
  });

  it("shows each student's values, the state of labs that are not there, and marks, on stdout alone", async () => {
    const file = await aClass("c2", "alice,A\nbob,B\n");
    const values = await lvsLab("class", "values", "-f", file);
    expect(values).toMatchObject({ status: 0, stderr: "" });
    expect(values.stdout).toMatch(
      /^id +address +token\nalice +172\.25\.254\.\d+:80 +\w{13}\nbob +172\.25\.254\.\d+:80 +\w{13}\n/,
    );
    const status = await lvsLab("class", "status", "-f", file, "--json");
    expect(status.status).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ students: [{ stack: "c2.alice", lab: "no lab" }, {}] });
    const csv = join(state, "marks.csv");
    const junit = join(state, "marks.xml");
    const grade = await lvsLab(
      "class",
      "grade",
      "-f",
      file,
      "--json",
      "--csv",
      csv,
      "--junit",
      junit,
      "--student",
      "bob",
    );
    expect(grade.status).toBe(1);
    expect(JSON.parse(grade.stdout)).toMatchObject({ class: "c2", students: [{ id: "bob", problem: "no lab" }] });
    expect(grade.stderr).toContain("bob: no lab. Fix: npx lvs-lab class up\n");
    expect(await readFile(csv, "utf8")).toBe(
      "id,name,email,points,of,percent,passed,gradedAt,late,note,hintPoints\r\nbob,B,,,,,,,,no lab,\r\n",
    );
    expect(await readFile(junit, "utf8")).toContain('<failure message="no lab"');
  });

  it("says what is wrong with a command line, a class file that is not there, and an exercise without room", async () => {
    const file = await aClass("c3", "alice,A\n");
    expect(await lvsLab("class", "reset", "-f", file, "zoe")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^lvs-lab: there is no student zoe in .*roster\.csv\. Fix: choose one of alice\n$/),
    });
    expect(await lvsLab("class", "exec", "-f", file, "--on", "server9", "--", "ls")).toMatchObject({
      status: 2,
      stderr: "lvs-lab: the labs have no server server9. Fix: choose of server1, server2, server3, client\n",
    });
    const missing = await lvsLab("class", "status");
    expect(missing.status).toBe(2);
    expect(missing.stderr).toMatch(/^class\.yaml:1:1: expected a class file that can be read; found ENOENT/);
    const other = await aClass("c3", "alice,A\n");
    expect((await lvsLab("class", "status", "-f", other)).stderr).toContain(
      `the class of this name is that of ${file}. Fix: `,
    );
  });
});
