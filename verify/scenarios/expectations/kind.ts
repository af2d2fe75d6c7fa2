import type { z } from "zod";
import type { Control, Lab, VirtualService } from "../../../lab/index.ts";
import type { Path } from "../../../lab/yaml/document.ts";
import type { Rule } from "../../../lab/yaml/rules.ts";
import type { Fault } from "../../faults/fault.ts";
import type { View } from "../../live/view.ts";
import type { Observed } from "../observed.ts";
import type { Roles, Use } from "../selectors.ts";

/**
 * One kind of expectation: its key in a scenario file, its rules, and how it is matched against a running lab. A kind is one file that
 * calls `defineExpectation`, and one row in `index.ts`; schema, rules, resolution and looks are derived from that list.
 *
 * `Schema` is the value as the file gives it. `E` is the complete expectation: with selectors in a `Scenario`, with server names in a
 * `ResolvedScenario`.
 */
export interface ExpectationKind<
  Schema extends z.ZodType = z.ZodType,
  E extends { readonly kind: string } = { readonly kind: string },
> extends Matcher<E> {
  readonly schema: Schema;
  /** The expectation of a valid value. */
  complete(value: z.output<Schema>): E;
  /** The selectors in a value, by their paths from it. */
  selectors?(value: DraftValue<z.input<Schema>>): readonly Mention[];
  /** The expectation with server names in place of selectors. Absent: it names no server. */
  resolve?(expectation: E, names: Names): E;
  /** Rules about the value and the steps before it. Where a rule of scenario files has the same id, both apply. */
  readonly rules?: ExpectationRules<DraftValue<z.input<Schema>>, Known>;
  /** Rules about the value and the lab that the scenario is run on; `resolve.ts` applies them while any step has this kind. */
  readonly labRules?: ExpectationRules<DraftValue<z.input<Schema>>, InLab>;
  /** Whether only keepalived can fulfil it, so that it has no place where ipvsadm is in control. Default: no. */
  needsKeepalived?(value: DraftValue<z.input<Schema>> | undefined): boolean;
  /** What it needs of `load`: any, or connections that are held open. Absent: nothing. */
  readonly load?: "requests" | "connections";
  /** The director whose mailbox and journal are read from the beginning of the window on. */
  marks?(expectation: E): string;
  /** Whether it is a measure: over the window, matched once by default. Absent: a state, waited for a minute by default. */
  isMeasure?(expectation: E): boolean;
  /** What a look waits for: an SSH command, or requests under way. Absent: nothing, the answer is known here. */
  readonly waitsFor?: "ssh" | "requests";
}

/** How an expectation is put in words and matched against what was observed. */
export interface Matcher<E> {
  /** Complete enough to be read alone: `the VIP is held by server4 alone`. */
  expected(expectation: E, observed: Observed): string;
  look(expectation: E, observed: Observed, view: View): Promise<Verdict> | Verdict;
  /** What to try when it does not hold. */
  readonly hint: string;
}

/** The result of one look. */
export interface Verdict {
  readonly ok: boolean;
  /** In words, to stand beside what was expected. */
  readonly seen: string;
}

/** Checks a kind's types while keeping them; the value is the argument. */
export const defineExpectation = <Schema extends z.ZodType, E extends { readonly kind: string }>(
  kind: ExpectationKind<Schema, E>,
): ExpectationKind<Schema, E> => kind;

/** A value of which invalid parts were taken away, so that a map may lack some of its keys. */
export type DraftValue<T> = T extends readonly unknown[] ? T : T extends object ? Partial<T> : T;

/** A place of a value that takes a selector; undefined where the file gives none. */
export type Mention = Omit<Use, "selector"> & { readonly selector: string | undefined };

/** What selectors mean in one lab. */
export interface Names {
  readonly lab: Lab;
  /** The virtual service that the scenario is about. */
  readonly service: VirtualService;
  /** The name of the one server that a selector means. */
  readonly one: (selector: string) => string;
  readonly all: (selector: string) => string[];
}

/** Rules by their ids. */
export type ExpectationRules<Value, Context> = Readonly<Record<string, Rule<Value, Context & Placed>>>;

/** Where a value stands in its file. */
export interface Placed {
  /** The path of the value. */
  readonly path: Path;
  /** The last fault or heal before it, which opens its window. Undefined before the first one. */
  readonly opening: Opening | undefined;
  /** Who may be in control of the labs that the scenario is for. */
  readonly controls: readonly Control[];
}

/** A step that opens a window: it has the key `fault` or `heal`, with undefined where the value was invalid. */
export interface Opening {
  readonly path: Path;
  readonly step: {
    readonly fault?: string | undefined;
    readonly heal?: string | undefined;
    readonly on?: string | undefined;
  };
}

/** What a scenario may name that is defined elsewhere. */
export interface Known {
  readonly faults: readonly Fault[];
}

/** What rules about a lab know beside the file. */
export interface InLab extends Known {
  readonly lab: Lab;
  /** The virtual service that the scenario is about. */
  readonly service: VirtualService;
  readonly roles: Roles;
}
