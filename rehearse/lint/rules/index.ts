import type { Rule } from "../rule.ts";
import { addressesDiffer } from "./addresses-differ.ts";
import { advertIntervalDiffers } from "./advert-interval-differs.ts";
import { passwordTooLong } from "./password-too-long.ts";
import { unreadable } from "./unreadable.ts";
import { weightNeverFlips } from "./weight-never-flips.ts";

/** Every rule. A new one is its file and a row here. */
export const rules: readonly Rule[] = [
  unreadable,
  weightNeverFlips,
  passwordTooLong,
  addressesDiffer,
  advertIntervalDiffers,
];
