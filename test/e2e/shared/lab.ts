import { TestStack } from "../stack.ts";

/** The lab under keepalived on which all tests of this folder run, from its snapshot: see `served`. */
export const stack = new TestStack("e2e-shared");
