import { filled, type OwnStep } from "../own-step.ts";
import type { GuideContext, Typed, Unplaced } from "../step.ts";

/** A step of a teacher's own: recognised by what a command prints. */
export function ownStep({ lab }: GuideContext, own: OwnStep): Unplaced {
  const { id, on, kind } = own;
  const say = (text: string): string => filled(text, lab);
  const typed = (commands: readonly string[]): Typed[] =>
    commands.length === 0 ? [] : [{ on, commands: commands.map(say) }];
  const pattern = new RegExp(say(own.expect), "m");
  return {
    id,
    title: say(own.title),
    why: say(own.why),
    kind,
    hosts: [on],
    recognised: {
      by: "look",
      judge({ servers, client }) {
        const printed = (on === "client" ? client : servers.get(on))?.own[id];
        if (printed === undefined) return { state: "unseen", seen: `${on} does not answer`, wrong: [] };
        const [line = ""] = printed.trim().split("\n");
        const seen = line === "" ? "it prints nothing" : `it prints ${JSON.stringify(line.slice(0, 80))}`;
        return pattern.test(printed)
          ? { state: "reached", seen, wrong: [] }
          : { state: "open", seen, wrong: [say(own.hints.what)] };
      },
    },
    look: [{ on, why: say(own.hints.where), commands: [say(own.look)], looks: true }],
    solution: typed(own.solution),
    undo: typed(own.undo ?? []),
  };
}
