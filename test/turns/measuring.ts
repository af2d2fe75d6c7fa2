/** For a file all of whose tests are timed, and run side by side: see each-test.ts. */
import { toMeasure } from "./to-measure.ts";
import { wholeFile } from "./whole-file.ts";

wholeFile(toMeasure);
