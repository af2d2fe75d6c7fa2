import type { CheckResult } from "../../verify/checks/check.ts";
import { statusOf } from "../../verify/grade/grade.ts";
import type { Looks } from "./look.ts";
import { type Progress, wasReached } from "./progress.ts";
import type { Judgement, Step } from "./step.ts";

/** What a look at the lab found, and what its checks said, by the id of the step. */
export interface Found extends Looks {
  readonly results: ReadonlyMap<string, readonly CheckResult[]>;
}

/** Judges all steps by one look. @returns the judgement of each, by its id, in their order */
export function judgeAll(steps: readonly Step[], found: Found, progress: Progress): Map<string, Judgement> {
  const judged = new Map<string, Judgement>();
  for (const step of steps) {
    const missing = step.needs.filter((id) =>
      step.kind === "edge"
        ? !wasReached(progress, id) && judged.get(id)?.state !== "reached"
        : judged.get(id)?.state !== "reached",
    );
    const [first] = missing;
    judged.set(
      step.id,
      first === undefined
        ? judge(step, found)
        : {
            // Of a silent server nothing is known: nor whether what needs it still holds.
            state: missing.some((id) => judged.get(id)?.state === "unseen") ? "unseen" : "open",
            seen: `it waits for ${first}${missing.length > 1 ? ` and ${missing.length - 1} more` : ""}`,
            wrong: [`It shows nothing before the steps above are reached: ${missing.join(", ")}.`],
          },
    );
  }
  return judged;
}

function judge({ id, recognised, hosts }: Step, found: Found): Judgement {
  if (recognised.by === "look") return recognised.judge(found);
  const silent = hosts.filter((host) => (host === "client" ? found.client : found.servers.get(host)) === undefined);
  if (silent.length > 0)
    return {
      state: "unseen",
      seen: `${silent.join(" and ")} ${silent.length > 1 ? "do" : "does"} not answer`,
      wrong: [],
    };
  const results = found.results.get(id) ?? [];
  if (statusOf(results) === "done") return { state: "reached", seen: "as it is to be", wrong: [] };
  const failed = results.filter(({ passed }) => !passed);
  return {
    state: "open",
    seen: failed.map(({ subject, seen }) => `${subject}: ${seen}`).join("; ") || "not looked at yet",
    wrong: failed.map(({ subject, seen, hint }) => `${subject}: ${seen}.${hint ? ` ${hint}` : ""}`),
  };
}
