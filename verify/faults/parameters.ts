import { z } from "zod";

/** For a fault that has nothing to set. */
export const none = z.strictObject({});
