import { z } from "zod";

/** The parameters of a fault that has none. */
export const none = z.strictObject({});
