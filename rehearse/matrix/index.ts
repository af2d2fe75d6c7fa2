export { type Cell, cellsOf, objectOf, prepareCell, serviceWords } from "./cells.ts";
export { type Event, type EventOf, eventNames, events } from "./events.ts";
export { eventWords, formatMatrix } from "./format.ts";
export { brokenRow, type Row, rowOf } from "./row.ts";
export { timesOf } from "./time.ts";
