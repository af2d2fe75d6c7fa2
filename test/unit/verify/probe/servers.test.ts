import { expect, it } from "vitest";
import { answersPerServer, areEven, serverNames } from "../../../../verify/probe/index.ts";
import { serverOf } from "../../../../verify/probe/servers.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";
import { lost, series } from "./series.ts";

const service = serviceOf((await aLiveLab("ha")).lab);
const changed = service.realServers.map((one) => (one.server === "server3" ? { ...one, page: "\nhello\n" } : one));
const names = serverNames({ ...service, realServers: changed });
const from = (...bodies: string[]) => bodies.map((body) => ({ connect: 1, end: 2, body }));

it("knows real servers by their pages, whatever markup and blanks are around them", () => {
  const pages = ["server2", "hello", "<h1>server2</h1>", "<p>hello</p>", "hello from server2", "It works!"];
  expect(pages.map((page) => names.get(page))).toEqual([
    ...["server2", "server3", "server2", "server3"],
    ...[undefined, undefined],
  ]);
});

it("counts answers by server; an unknown page stands for itself, cut short", () => {
  const unknown = "x".repeat(50);
  const requests = series([...from("server2", "hello", "hello", unknown), lost]);
  expect(answersPerServer(requests, names)).toEqual({ server2: 1, server3: 2, ["x".repeat(40)]: 1 });
  expect(serverOf(unknown, names)).toHaveLength(40);
});

it.each<[number[], boolean]>([
  [[75, 75], true],
  [[10, 8], true],
  [[10, 7], false],
  [[100, 90], true],
  [[100, 89], false],
  [[1, 0], false],
  [[2, 1, 3], true],
  [[], false],
])("shares of %j are even: %s", (shares, even) => {
  expect(areEven(shares)).toBe(even);
});
