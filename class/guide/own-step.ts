import { z } from "zod";
import type { Lab } from "../../lab/index.ts";
import { parseFile, readText } from "../../lab/yaml/file.ts";
import { didYouMean } from "../../lab/yaml/nearest.ts";
import { findingsOf, type Rule } from "../../lab/yaml/rules.ts";
import { choice, property } from "../../lab/yaml/schema.ts";

/** What `{{NAME}}` stands for in the texts of a step: the student's own values, which differ where a class has `vary`. */
const placeholders: Readonly<Record<string, (lab: Lab) => string>> = {
  vip: ({ services: [first] }) => first?.vip ?? "",
  port: ({ services: [first] }) => String(first?.port ?? ""),
  token: ({ services: [first] }) => first?.realServers[0]?.token ?? "",
};

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

const sentence = (what: string, example: string) => property(z.string().min(1), what, `write \`${example}\``);

const isPattern = (text: string): boolean => {
  try {
    new RegExp(text, "m");
    return true;
  } catch {
    return false;
  }
};

/** The shape of a step's file: each property by itself. */
export const ownStepSchema = property(
  z.strictObject({
    id: property(
      z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
      "a step's id: a lower-case letter, then up to 39 lower-case letters, digits and hyphens",
      "write an id such as `id: greeting`",
    ),
    title: sentence("what is reached, in a line", "title: server1 greets who logs in"),
    why: sentence("what the step is for", "why: A login should show which server it is on."),
    kind: choice(["level", "edge"], "write `kind: level`: it must hold; or `kind: edge`: it was seen once").default(
      "level",
    ),
    on: sentence("where `look` runs and `solution` is typed: a server's name, or client", "on: server1"),
    after: sentence("the id of the step after which it comes", "after: balancing").optional(),
    look: sentence("a shell command that reads and changes nothing", "look: cat /etc/motd"),
    expect: property(
      z.string().min(1).refine(isPattern),
      "a regular expression, which the output of `look` is to match",
      "write one as JavaScript has it, such as `expect: server1`; a backslash before a character takes it as it is",
    ),
    hints: property(
      z.strictObject({
        where: sentence("where to look, the first hint", "where: See /etc/motd."),
        what: sentence("what is wrong or missing, the second hint", "what: The file does not name the server."),
      }),
      "a map with where and what: the first two hints; `solution` is the third",
      "write `hints: { where: See /etc/motd., what: The file does not name the server. }`",
      { command: "write it as `solution`", solution: "write it beside `hints`" },
    ),
    solution: property(
      z.array(z.string().min(1)).min(1),
      "a list of commands that reach it",
      'write a list such as `solution: ["echo server1 >/etc/motd"]`',
    ),
    undo: property(
      z.array(z.string().min(1)),
      "a list of commands that take the solution of an edge back",
      "write a list, or leave it out",
    ).optional(),
  }),
  "a map with id, title, why, on, look, expect, hints and solution",
  "see docs/guide.md for a whole one",
  { server: "write `on`", command: "write `look`", hint: "write `hints`", match: "write `expect`" },
);

type OwnStepDraft = Partial<z.input<typeof ownStepSchema>>;

/** A step of a teacher's own, with the placeholders of its texts as they were written. */
export type OwnStep = Readonly<z.output<typeof ownStepSchema>>;

/** What a step's file is held against. */
export interface OwnStepContext {
  readonly lab: Lab;
  /** The ids of the lab's steps, and of own ones that were read before. */
  readonly ids: readonly string[];
}

const hostsIn = (lab: Lab): string[] => [...lab.servers.map(({ name }) => name), "client"];

/** What properties of a step must be to one another, and to the lab. */
export const ownStepRules: Record<string, Rule<OwnStepDraft, OwnStepContext>> = {
  *"id-taken"({ id }, { ids }) {
    if (id !== undefined && ids.includes(id))
      yield {
        path: ["id"],
        expected: "an id of its own",
        remedy: "give it another id: the lab has a step of this one",
      };
  },

  *"no-such-host"({ on }, { lab }) {
    const hosts = hostsIn(lab);
    if (on === undefined || hosts.includes(on)) return;
    yield {
      path: ["on"],
      expected: "a server of the lab, or client",
      remedy: didYouMean(on, hosts) ?? `choose one of ${hosts.join(", ")}`,
    };
  },

  *"no-such-step"({ after }, { ids }) {
    if (after === undefined || ids.includes(after)) return;
    yield {
      path: ["after"],
      expected: "the id of a step of the lab",
      remedy: didYouMean(after, ids) ?? `choose one of ${ids.join(", ")}, or leave it out: it then comes last`,
    };
  },

  *"undo-of-level"({ kind = "level", undo }) {
    if (undo !== undefined && kind === "level")
      yield {
        path: ["undo"],
        atKey: true,
        expected: "nothing: a level must hold",
        found: "commands that take it back",
        remedy: "remove it, or write `kind: edge`",
      };
  },

  *"unknown-placeholder"(draft, { lab }) {
    for (const [key, value] of Object.entries(draft))
      for (const [index, text] of textsIn(value).entries())
        for (const [, name = ""] of text.matchAll(PLACEHOLDER))
          if (!(placeholders[name]?.(lab) ?? ""))
            yield {
              path: Array.isArray(value) ? [key, index] : [key],
              expected: `placeholders of ${filledIn(lab).join(", ")}`,
              found: `{{${name}}}`,
              remedy:
                name in placeholders
                  ? `leave it out: the lab has no ${name}`
                  : (didYouMean(name, Object.keys(placeholders)) ?? "choose one of these"),
            };
  },
};

/** The placeholders that a lab has a value for. */
const filledIn = (lab: Lab): string[] => Object.keys(placeholders).filter((name) => placeholders[name]?.(lab) !== "");

const textsIn = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : Array.isArray(value)
      ? value.filter((one) => typeof one === "string")
      : typeof value === "object" && value !== null
        ? Object.values(value).filter((one) => typeof one === "string")
        : [];

/**
 * The step that a text describes.
 * @throws FileError with everything that is wrong
 */
export function parseOwnStep(text: string, file: string, context: OwnStepContext): OwnStep {
  const { contents } = parseFile(text, file, {
    schema: ownStepSchema,
    rules: (draft) => findingsOf(ownStepRules, (draft ?? {}) as OwnStepDraft, context),
  });
  return contents;
}

/**
 * The steps of files, each held against the lab, and against those before it.
 * @throws FileError of the first file with something wrong
 */
export async function readOwnSteps(files: readonly string[], { lab, ids }: OwnStepContext): Promise<OwnStep[]> {
  const found: OwnStep[] = [];
  for (const file of files) {
    const text = await readText(file, "the file of a step", "check the path; docs/guide.md has a whole one");
    found.push(parseOwnStep(text, file, { lab, ids: [...ids, ...found.map(({ id }) => id)] }));
  }
  return found;
}

/** A text with the lab's own values. */
export const filled = (text: string, lab: Lab): string =>
  text.replaceAll(PLACEHOLDER, (whole, name: string) => placeholders[name]?.(lab) ?? whole);
