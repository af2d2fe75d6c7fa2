export { cellsOf, prepareCell, serviceWords } from "./cells.ts";
export { type Event, eventNames, events } from "./events.ts";
export { formatMatrix } from "./format.ts";
export { type Row, rowOf } from "./row.ts";
export { timeOf } from "./time.ts";
