import { sharedLab } from "./stack.ts";

/** Run by vitest after the last test file. */
export const teardown = async (): Promise<void> => await sharedLab().remove();
