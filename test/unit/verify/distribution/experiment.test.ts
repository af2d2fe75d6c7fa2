import { describe, expect, it } from "vitest";
import { toIp } from "../../../../lab/index.ts";
import { type Event, experiment, heldBy, requestsOnly } from "../../../../verify/distribution/experiment.ts";
import type { Answer, Client } from "../../../../verify/distribution/requests.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { serviceOf } from "../other-labs.ts";
import { withWeights } from "./a-director.ts";

const { lab } = await aLiveLab("dr");
const weighted = (weights: readonly number[]) => serviceOf(withWeights(lab, weights));
const next = async () => ({ address: toIp("172.25.254.250"), port: 1024 });

const answered = (server: string): Answer => ({ server, text: server, outcome: "answered" });
const failed: Answer = { server: undefined, text: "failed", outcome: "failed" };

/** A client that gets these answers in turn, and counts the connections that it holds. */
function aClient(answers: readonly Answer[]) {
  let count = 0;
  const held = { now: 0, most: 0 };
  const answer = () => answers[count++ % answers.length] ?? failed;
  const client: Client = {
    ask: async () => answer(),
    async hold() {
      const one = answer();
      if (one.outcome === "answered") held.most = Math.max(held.most, ++held.now);
      return {
        ...one,
        release: async () => {
          held.now--;
        },
      };
    },
  };
  return { client, held };
}

const inShort = (events: readonly Event[]): string =>
  events
    .map((event) => {
      if (event.kind === "released") return `-${event.server}`;
      return event.kind === "held" ? `+${event.answer.text}` : event.answer.text;
    })
    .join(" ");

it.each([
  [[1, 1], 4],
  [[3, 1], 6],
  [[1, 1, 1], 6],
  [[5, 1], 8],
  [[4, 1, 1], 6],
  [[1], 2],
  [[7], 8],
  [[22, 1], 24],
  [[100, 50], 24],
  [[100, 50, 1], 24],
  [[65535], 24],
  [Array(30).fill(1) as number[], 60 / 2],
])("with weights %j, %d connections are held: a multiple of the real servers that all can take", (weights, count) => {
  expect(heldBy(weighted(weights))).toBe(count);
  expect(count % weights.length).toBe(0);
});

describe("the experiment", () => {
  it("makes ten requests, between which others stay busy in different ways, and ends with nothing open", async () => {
    const { client, held } = aClient([answered("a"), answered("b")]);
    expect(inShort(await experiment(client, weighted([1, 1]), next))).toBe(
      "a b a b +a +b +a +b -b -b a b -a a b +a +b -a -a a b -b",
    );
    expect(held).toEqual({ now: 0, most: 4 });
  });

  it("holds nothing when requests fail, and stops when more than one has failed and each had a turn", async () => {
    const { client, held } = aClient([answered("a"), failed]);
    expect(inShort(await experiment(client, weighted([1, 1]), next))).toBe("a failed a failed");
    const rare = aClient([answered("a"), answered("a"), failed, ...Array<Answer>(20).fill(answered("b"))]);
    expect(inShort(await experiment(rare.client, weighted([1, 1]), next))).toBe("a a failed b b b b b b b");
    expect([held.most, rare.held.most]).toEqual([0, 0]);
  });

  it("ends what it holds when it is interrupted", async () => {
    const { client, held } = aClient([answered("a")]);
    let asked = 0;
    const ask = async () => {
      if (++asked > 5) throw new Error("the lab is gone");
      return answered("a");
    };
    await expect(experiment({ ...client, ask }, weighted([1, 1]), next)).rejects.toThrow("the lab is gone");
    expect(held).toEqual({ now: 0, most: 4 });
  });
});

it("requests alone go on after a refusal, which may be right, and stop when two have failed", async () => {
  const refused: Answer = { ...failed, outcome: "refused" };
  const of = async (answers: readonly Answer[]) => (await requestsOnly(aClient(answers).client, next, 10, 2)).length;
  expect(await of([answered("a"), refused])).toBe(10);
  expect(await of([answered("a"), failed])).toBe(4);
  expect(await of([failed])).toBe(3);
});
