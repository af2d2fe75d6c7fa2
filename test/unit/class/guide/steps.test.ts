import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { costOf, hintOf } from "../../../../class/guide/hints.ts";
import { OWN_MACHINE, type Step } from "../../../../class/guide/step.ts";
import { edges, stepsOf } from "../../../../class/guide/steps/index.ts";
import { type VaryPart, varyParts } from "../../../../class/vary/index.ts";
import { labOf } from "../../../../class/vary/lab-of.ts";
import { hostPort, type Lab, labNames, parseLab, readLab } from "../../../../lab/index.ts";
import { byHand } from "../../../../provision/by-hand.ts";
import { checks } from "../../../../verify/checks/index.ts";
import { onStack } from "../../../../verify/checks/on-stack.ts";
import { exercises } from "../../../../verify/grade/tasks.ts";
import { gradeOf } from "../a-grade.ts";

const manual = (await Promise.all(labNames().map((name) => readLab(`labs/${name}.yaml`)))).filter(
  ({ setup }) => setup === "manual",
);
/** All shipped labs, as if they were manual: a teacher's may be like any of them. */
const all = await Promise.all(
  labNames().map(async (name): Promise<Lab> => ({ ...(await readLab(`labs/${name}.yaml`)), setup: "manual" })),
);

const idsIn = (lab: Lab): string[] => stepsOf({ lab, stack: lab.name }).map(({ id }) => id);
const named = (name: string): Lab => all.find((lab) => lab.name === name) as Lab;
const commandsIn = (step: Step): string[] => [...step.solution, ...step.undo].flatMap(({ commands }) => commands);

/** What a second hint must not have: a command that sets something. */
const WHOLE_COMMAND =
  /\b(ipvsadm -[AaEeDd]|arptables -[AID]|ip addr(ess)? (add|del|replace)|ip route (add|replace)|nft add|sysctl -w|systemctl (re)?start)\b/;

describe("the article's order", () => {
  const ending = ["arp-owner", "balancing", "no-health-check"];
  it.each([
    ["bare", ["director-table", "director-vip", "httpd-page", "real-server-vip", "arp-problem", "arp-cure", ...ending]],
    [
      "bare-tunnel",
      ["director-table", "director-vip", "httpd-page", "real-server-vip", "arp-problem", "arp-cure", ...ending],
    ],
    ["bare-nat", ["director-table", "director-vip", "httpd-page", "default-route", "ip-forward", ...ending]],
    [
      "bare-ha",
      [
        ...[
          "httpd-page",
          "real-server-vip",
          "arp-problem",
          "arp-cure",
          "peer-ssh",
          "mail",
          "keepalived-config",
          "keepalived-log",
        ],
        ...["vip-holder", "director-table", "arp-owner", "balancing", "real-server-down", "director-down"],
      ],
    ],
  ])("of %s", (name, ids) => {
    expect(idsIn(named(name))).toEqual(ids);
  });

  it("manual labs are these, and each has steps", () => {
    expect(manual.map(({ name }) => name)).toEqual(["bare", "bare-ha", "bare-nat", "bare-tunnel"]);
  });

  it("edges are known by their id, each once", () => {
    expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
  });

  it("what is seen on the client needs the levels before it; servers may be set up in another order", () => {
    const steps = stepsOf({ lab: named("bare"), stack: "bare" });
    for (const { hosts, needs, id } of steps) expect(needs.length > 0, id).toBe(hosts.includes("client"));
    expect(steps.find(({ id }) => id === "balancing")?.needs).not.toContain("arp-problem");
  });
});

describe.each(all.map((lab) => ({ name: lab.name, lab })))("$name", ({ name, lab }) => {
  const steps = stepsOf({ lab, stack: name });

  it("every task of its exercise that breaks nothing is a step, ids are unique", () => {
    const tasks = exercises[lab.control].filter(
      ({ check }) => check.appliesTo(lab) && !check.faulty && check.subjects(lab).length > 0,
    );
    expect(idsIn(lab)).toEqual(expect.arrayContaining(tasks.map(({ check }) => check.id)));
    expect(new Set(idsIn(lab)).size).toBe(steps.length);
  });

  it("every step has a title, what it is for, servers, and hints of three tiers", () => {
    const hosts = [...lab.servers.map((one) => one.name), "client"];
    for (const step of steps) {
      expect(step.title, step.id).toMatch(/^\S.*[^.]$/);
      expect(step.why, step.id).toMatch(/^\S.{40,}\.$/);
      expect(hosts, step.id).toEqual(expect.arrayContaining([...step.hosts]));
      expect(step.hosts.length, step.id).toBeGreaterThan(0);
      for (const tier of [1, 2, 3]) {
        const lines = hintOf(step, tier, { state: "open", seen: "nothing", wrong: ["There is none."] });
        expect(lines.length, `${step.id} ${tier}`).toBeGreaterThan(0);
        for (const { text } of lines) expect(text, step.id).not.toMatch(/undefined|\[object|\{\{/);
      }
    }
  });

  it("solutions are what explain says, each of its commands once", () => {
    const explained = byHand(lab, name).steps.filter(({ given }) => !given);
    const told = explained.flatMap(({ server, ownMachine, commands }) =>
      commands.map((command) => `${ownMachine ? OWN_MACHINE : server}# ${command}`),
    );
    const typed = steps.flatMap(({ solution }) =>
      solution
        .filter(({ looks }) => !looks)
        .flatMap(({ on, commands }) => commands.map((command) => `${on}# ${command}`)),
    );
    expect(typed.toSorted()).toEqual(told.toSorted());
    // The others are the checks' by hand.
    const looked = checks
      .filter((check) => check.appliesTo(lab))
      .flatMap((check) => check.subjects(lab).flatMap((subject) => check.byHand(lab, subject)));
    const looking = steps.flatMap((step) =>
      [...step.solution, ...step.undo].filter(({ looks }) => looks).flatMap(({ commands }) => commands),
    );
    expect(looked.map((command) => onStack(command, name))).toEqual(expect.arrayContaining(looking));
  });

  it("a server's packages are installed before anything else is typed on it", () => {
    const begun = new Set<string>();
    for (const { on, commands } of steps.flatMap(({ solution }) => solution)) {
      if (commands.some((command) => /^apt-get .* install/.test(command))) expect([...begun], on).not.toContain(on);
      // Keys for SSH and routes need no package.
      if (commands.some((command) => !/ssh-key|^ip route|^curl|^sysctl/.test(command))) begun.add(on);
    }
  });

  it("nothing that never ends, or waits for a person, is typed", () => {
    for (const command of steps.flatMap(commandsIn)) expect(command).not.toMatch(/^while |^tcpdump |-- mail$/);
  });
});

describe("a lab with values of a student's own", () => {
  it.each(["bare", "bare-ha", "bare-nat", "bare-tunnel"])(
    "%s: titles, hints and commands are of these values",
    async (name) => {
      const file = `labs/${name}.yaml`;
      const text = await readFile(file, "utf8");
      const exercise = parseLab(text, file);
      const parts = (Object.keys(varyParts) as VaryPart[]).filter((part) => part !== "weights");
      const { lab } = labOf({ file, text, lab: exercise }, { id: "alice" }, { secret: Buffer.alloc(32, 5), parts });
      const said = stepsOf({ lab, stack: "net1.alice" }).flatMap((step) => [
        step.title,
        step.why,
        ...[1, 3].flatMap((tier) =>
          hintOf(step, tier, { state: "open", seen: "", wrong: [] }).map((line) => line.text),
        ),
      ]);
      const [own, before] = [lab, exercise].map(({ services }) => services[0] as (typeof services)[number]);
      const whole = said.join("\n");
      expect(whole).not.toMatch(new RegExp(`${before?.vip.replaceAll(".", "\\.")}(?!\\d)`));
      for (const value of [own?.vip, String(own?.port), own?.realServers[0]?.token]) expect(whole).toContain(value);
      if (lab.control === "ipvsadm")
        expect(whole).toContain(`ipvsadm -A -t ${hostPort(own?.vip as never, own?.port as never)} -s rr`);
      expect(whole).toContain("npx lvs-lab heal -s net1.alice");
      expect(whole).not.toMatch(/ -s bare/);
    },
  );
});

describe("the second hint", () => {
  it.each(manual.map((lab) => ({ name: lab.name, lab })))(
    "$name: says of untouched servers what is missing, and no whole command",
    async ({ lab }) => {
      const grade = await gradeOf(lab, lab.name, () => "");
      const open = grade.tasks.filter(({ status }) => status !== "done");
      expect(open.length).toBeGreaterThan(4);
      for (const step of stepsOf({ lab, stack: lab.name })) {
        const wrong = open.filter(({ id }) => id === step.id).flatMap(({ seen, hint = "" }) => [seen, hint]);
        for (const { text } of hintOf(step, 2, { state: "open", seen: "x", wrong })) {
          expect(text, step.id).not.toMatch(WHOLE_COMMAND);
          for (const command of step.solution.filter(({ looks }) => !looks).flatMap(({ commands }) => commands))
            expect(text, step.id).not.toContain(command);
        }
      }
    },
  );
});

describe("what a hint costs", () => {
  const steps = stepsOf({ lab: named("bare-ha"), stack: "bare-ha" });
  const step = (id: string): Step => steps.find((one) => one.id === id) as Step;
  it("is asked for the command alone", () => {
    expect([1, 2, 3].map((tier) => costOf(step("keepalived-config"), tier, 2))).toEqual([0, 0, 2]);
    expect(costOf(step("keepalived-config"), 3, 0)).toBe(0);
  });
  it("is nothing where the first hint has told the command already", () => {
    expect(["vip-holder", "director-table", "balancing", "arp-problem"].map((id) => costOf(step(id), 3, 2))).toEqual([
      0, 0, 0, 0,
    ]);
    expect(hintOf(step("vip-holder"), 3, { state: "open", seen: "", wrong: [] })[0]?.text).toContain(
      "follows from the steps above",
    );
    expect(["real-server-down", "director-down"].map((id) => costOf(step(id), 3, 2))).toEqual([2, 2]);
  });
});
