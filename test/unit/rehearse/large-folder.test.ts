import { expect, test } from "vitest";
import { readFolder } from "../../../rehearse/folder.ts";
import { subjectOf } from "../../../rehearse/lint/index.ts";
import { rules } from "../../../rehearse/lint/rules/index.ts";
import { instance, pathOf, service } from "./a-folder.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const address = (net: number, number: number, host: number): string => `${net}.${number >> 8}.${number & 255}.${host}`;

/** A director of so many services, all at addresses of one instance. */
const ofServices =
  (count: number, method: string) =>
  (priority: number): string =>
    [
      instance(
        numbers(count).map((number) => `${address(10, number, 1)}/24`),
        { priority },
      ),
      ...numbers(count).map((number) =>
        service(
          `${address(10, number, 1)} 80`,
          [1, 2].map((host) => `${address(11, number, host)} 80 {\nTCP_CHECK {\n}\n}`),
          { method },
        ),
      ),
    ].join("\n");

/** A director of so many instances, each with a script and a password, and always two of them in a sync group. */
const ofInstances =
  (count: number) =>
  (priority: number): string =>
    [
      ...numbers(count).map((number) => {
        const tracked = `track_script {\ns${number}\n}\nauthentication {\nauth_type PASS\nauth_pass x${number}\n}`;
        const its = { name: `V${number}`, device: `eth${number >> 7}`, id: 1 + (number & 127), priority };
        return [
          `vrrp_script s${number} {\nscript "/usr/bin/test -e /run/${number}"\nweight -60\n}`,
          instance([`${address(10, number, 1)}/24`], { ...its, further: tracked }),
        ].join("\n");
      }),
      ...numbers(count / 2).map((pair) => `vrrp_sync_group G${pair} {\ngroup {\nV${2 * pair}\nV${2 * pair + 1}\n}\n}`),
    ].join("\n");

test.each([
  ["700 services by DR", ofServices(700, "DR")],
  ["700 services by NAT", ofServices(700, "NAT")],
  ["400 instances in groups", ofInstances(400)],
])("%s: no rule takes longer than to read them", { timeout: 120_000 }, (_title, director) => {
  const path = pathOf({ "lb1.conf": director(150), "lb2.conf": director(100) });
  const timed = <T>(work: () => T): readonly [milliseconds: number, T] => {
    const begun = performance.now();
    const result = work();
    return [performance.now() - begun, result];
  };
  const [reading, subject] = timed(() => subjectOf(readFolder(path)));
  expect(subject.directors.map(({ instances }) => instances.length > 0)).toEqual([true, true]);
  // A busy machine may hold one up for once.
  const slow = rules.filter((rule) => [1, 2, 3].every(() => timed(() => [...rule.look(subject)])[0] > reading));
  expect(slow.map(({ id }) => id)).toEqual([]);
});
