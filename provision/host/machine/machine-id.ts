import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** machine-id(5), which tells apart machines of one name. */
export function machineId(): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim();
  } catch {
    return hostname();
  }
}
