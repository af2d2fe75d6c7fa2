export { type Cell, cellsOf, prepareCell, serviceWords } from "./cells.ts";
export { type Event, type EventOf, eventNames, events } from "./events.ts";
export { cellWords, eventWords, formatMatrix } from "./format.ts";
export { brokenRow, momentsOf, type Row, rowOf } from "./row.ts";
export { timesOf } from "./time.ts";
