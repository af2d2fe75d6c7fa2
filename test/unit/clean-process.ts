/** Unit test files run one after another in a process that has imported the sources once: each takes back what it replaced. */
import { afterAll, vi } from "vitest";

afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
