/** Writes a report into the directory that it is given, again and again, until it is killed; a line a report. */
import { writeReport } from "../../../../verify/report/write.ts";
import { aRun } from "../../../unit/verify/report/a-run.ts";

const [directory = ""] = process.argv.slice(2);
for (;;) {
  await writeReport(directory, aRun());
  process.stdout.write("written\n");
}
