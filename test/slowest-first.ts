import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { projectRoot } from "../provision/paths.ts";
import { budgetOf } from "./budgets.ts";

/** Starts the files with the largest budgets first, so that no long one is left when all others have ended. */
export default class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const budget = ({ moduleId }: TestSpecification): number => budgetOf(relative(projectRoot, moduleId)) ?? 0;
    // A stable sort: files without a budget stay in vitest's order.
    return (await super.sort(files)).sort((one, other) => budget(other) - budget(one));
  }
}
