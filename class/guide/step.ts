import type { Lab } from "../../lab/index.ts";
import type { Check } from "../../verify/checks/check.ts";
import type { Subject } from "../../verify/checks/subjects.ts";
import type { Looks } from "./look.ts";

/** Where commands are typed that are about no single server. */
export const OWN_MACHINE = "your own machine";

/** Commands that are typed in one place, in order. */
export interface Typed {
  /** A server's name, `client`, or `OWN_MACHINE`. */
  readonly on: string;
  /** What they are for. */
  readonly why?: string;
  readonly commands: readonly string[];
  /** Whether they only look: their exit status then says nothing. */
  readonly looks?: boolean;
}

/** What a look says of a step. */
export interface Judgement {
  /** `unseen`: a server that it is about does not answer. */
  readonly state: "reached" | "open" | "unseen";
  /** In a sentence. */
  readonly seen: string;
  /** What is wrong or missing, each in a sentence or two; never the whole command. Empty once it is reached. */
  readonly wrong: readonly string[];
}

/** How it is recognised that a step is reached. */
export type Recognised =
  | {
      readonly by: "check";
      readonly check: Check;
      readonly subjects: readonly Subject[];
      /**
       * What the look alone says against a subject: then the check, which sends packets of its own, is not run.
       * @param before whether the step was reached before
       */
      against?(looks: Looks, subject: Subject, before: boolean): string | undefined;
    }
  | { readonly by: "look"; judge(looks: Looks): Judgement };

/**
 * A step of the article. `edge`: it is reached once it was seen, whatever comes later. `level`: it is reached as long as it holds.
 */
export interface Step {
  /** Kebab case. Of a step that a check recognises, the check's. */
  readonly id: string;
  readonly title: string;
  /** What it is for. */
  readonly why: string;
  readonly kind: "edge" | "level";
  /** Servers' names, or `client`. */
  readonly hosts: readonly string[];
  readonly recognised: Recognised;
  /** The ids of steps without which it means nothing: for an edge they were reached once, for a level they hold. */
  readonly needs: readonly string[];
  /** Where to look, and with which command. */
  readonly look: readonly Typed[];
  /** What reaches it. */
  readonly solution: readonly Typed[];
  /** Whether chance decides, so that the solution is typed again until it is reached. */
  readonly again?: boolean;
  /** What takes the solution of an edge back. */
  readonly undo: readonly Typed[];
}

/** A step of a lab before it is put in order: what it needs and, where a check recognises it, its commands come from its place. */
export type Unplaced = Omit<Step, "needs">;

/** A lab, and the stack that its commands name. */
export interface GuideContext {
  readonly lab: Lab;
  readonly stack: string;
}
