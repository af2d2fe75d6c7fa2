import { z } from "zod";
import { defineResource, type ResourceDefinition } from "../../../provision/resource.ts";

/** What one slot of a shelf holds. */
export interface Slot {
  label?: string | undefined;
  password?: string | undefined;
  lit?: boolean | undefined;
  serial?: string | undefined;
}

/** A place in memory that can hold things, and get into the states that a server gets into. */
export class Shelf {
  readonly slots = new Map<string, Slot>();
  /** The calls that came, in order, with the inputs that came along. */
  readonly calls: { verb: "observe" | "apply" | "remove"; inputs: Record<string, unknown> }[] = [];
  /** Thrown by the next looks. */
  unreachable: Error | undefined;
  /** Thrown by `apply` after it has set the label. */
  breaks: Error | undefined;
  /** The label does not take: `apply` ends well, and the old one is still there. */
  sticky = false;

  verbs(): string[] {
    return this.calls.map(({ verb }) => verb);
  }
}

/** A resource that stands for one slot of a shelf: every feature of the contract, and no machine. */
export const slotOn = (shelf: Shelf, options: { watch?: boolean } = {}): ResourceDefinition =>
  defineResource<
    z.ZodObject<{ slot: z.ZodString }>,
    z.ZodObject<{
      label: z.ZodString;
      password: z.ZodOptional<z.ZodString>;
      lit: z.ZodDefault<z.ZodBoolean>;
    }>,
    { serial: string; combination: string }
  >({
    type: "Slot",
    summary: "A slot of a shelf.",
    where: z.object({ slot: z.string() }),
    want: z.object({
      label: z.string().min(2, "must have at least two characters"),
      password: z.string().optional(),
      lit: z.boolean().default(true),
    }),
    facts: ["serial", "combination"],
    secretFacts: ["combination"],
    replaceOn: ["slot"],
    watch: options.watch,

    async observe(inputs) {
      shelf.calls.push({ verb: "observe", inputs });
      if (shelf.unreachable) throw shelf.unreachable;
      const held = shelf.slots.get(inputs.slot);
      return held && ({ ...held, combination: `${held.serial}-0` } as never);
    },

    async apply({ slot, label, password, lit, ...rest }) {
      shelf.calls.push({ verb: "apply", inputs: { slot, label, password, lit, ...rest } });
      const held = shelf.slots.get(slot) ?? { serial: `serial-of-${slot}` };
      shelf.slots.set(slot, held);
      if (!shelf.sticky) held.label = label;
      if (shelf.breaks) throw shelf.breaks;
      Object.assign(held, { password, lit });
    },

    async remove(inputs) {
      shelf.calls.push({ verb: "remove", inputs });
      shelf.slots.delete(inputs.slot);
    },
  }) as unknown as ResourceDefinition;
