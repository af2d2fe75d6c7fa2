/** For a file that measures nothing: see each-test.ts. */
import { beside } from "./locks.ts";
import { wholeFile } from "./whole-file.ts";

wholeFile(beside);
