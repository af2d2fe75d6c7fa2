export { type Expectation, isMeasure } from "./expectations/index.ts";
export { parseScenario, readScenario } from "./parse.ts";
export { prepareScenario } from "./prepare.ts";
export { type Repeated, repeated } from "./repeated.ts";
export { resolve } from "./resolve.ts";
export { runScenario } from "./run.ts";
export type * from "./scenario.ts";
export { serviceOf } from "./selectors.ts";
export { findScenario, scenarioNames } from "./shipped.ts";
