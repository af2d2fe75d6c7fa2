/** What one lab under keepalived serves for: up once, it goes back to its snapshot where other tests begin. */
import { afterAll } from "vitest";
import "./shared/serving.ts";
import "./shared/broken.ts";
import "./shared/idle-up.ts";
import "./shared/snapshots.ts";
import { stack } from "./shared/lab.ts";

afterAll(() => stack.remove());
