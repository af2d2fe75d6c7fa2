import type { Tile, TileTask } from "../tile.ts";
import { element, say } from "./element.ts";
import { ago, countsOf, nameOf, nextOf, since, spoken, stepsInWords } from "./words.ts";

/** A tile on the page: a button that opens its details. */
export class Card {
  readonly item = element("li");
  readonly button = element("button", "tile");
  readonly #name = element("span", "name");
  readonly #id = element("span", "id");
  readonly #hand = element("span", "hand");
  readonly #points = element("span", "points");
  readonly #bar = element("span", "bar");
  readonly #fill = element("span", "fill");
  readonly #marks = element("span", "marks");
  readonly #next = element("span", "next");
  readonly #faults = element("span", "faults");
  readonly #vips = element("span", "vips");
  readonly #sign = element("span", "sign-of-life");
  tile: Tile;

  constructor(tile: Tile, now: number, open: () => void) {
    this.tile = tile;
    this.button.type = "button";
    this.button.tabIndex = -1;
    this.button.dataset.key = tile.key;
    this.#bar.append(this.#fill);
    const middle = element("span", "middle", this.#hand, this.#faults, this.#next);
    const foot = element("span", "foot", this.#vips, this.#sign);
    const who = element("span", "who", this.#name, this.#id);
    this.button.append(element("span", "top", who, this.#points), this.#bar, this.#marks, middle, foot);
    this.button.addEventListener("click", open);
    this.item.append(this.button);
    this.draw(tile, now);
  }

  draw(tile: Tile, now: number): void {
    const isOther = this.tile !== tile || this.#marks.childElementCount !== tile.tasks.length;
    this.tile = tile;
    const { student, state, score, hand, faults, sign, guide } = tile;
    const { button } = this;
    const isFinished = score !== undefined && score.points === score.of;
    button.dataset.state = state;
    button.classList.toggle("finished", isFinished);
    button.classList.toggle("raised", hand !== undefined);
    say(this.#name, nameOf(tile));
    say(this.#id, student?.id ?? "");
    say(this.#hand, hand ? `hand up ${since(hand.since, now)}` : "");
    say(this.#points, score ? `${isFinished ? "✓ " : ""}${score.points}/${score.of}` : "");
    this.#fill.style.width = `${score?.percent ?? 0}%`;
    if (isOther) this.#marks.replaceChildren(...tile.tasks.map(markOf));
    say(this.#next, this.#middle());
    this.#next.classList.toggle("question", hand?.text !== undefined);
    this.#drawVips();
    say(
      this.#faults,
      faults.length > 0 ? `fault ${faults.map(({ fault, where }) => `${fault} ${where}`).join(", ")}` : "",
    );
    const step = guide ? stepsInWords(guide.done) : "";
    const last = sign ? ago(sign.at, now) : tile.lookedAt === undefined ? "" : "no sign yet";
    say(this.#sign, [step, last].filter(Boolean).join(" · "));
    const label = spoken(tile, now);
    if (button.ariaLabel !== label) button.ariaLabel = label;
  }

  /** What matters most now: the question, the trouble, or the next task. */
  #middle(): string {
    const { hand, state, words, tasks } = this.tile;
    if (hand?.text !== undefined) return `“${hand.text}”`;
    if (state !== "up") return words;
    const next = nextOf(this.tile);
    const { wrong } = countsOf(this.tile);
    if (!next) return tasks.length > 0 ? "all done" : "";
    return `${wrong > 0 ? "wrong" : "next"}: ${next.id} ${next.where}`;
  }

  #drawVips(): void {
    const { vips } = this.tile;
    const holders = vips.map((vip) => vip.holders.join("+") || "nobody");
    say(this.#vips, vips.length > 0 ? `VIP ${[...new Set(holders)].join(", ")}` : "");
    this.#vips.classList.toggle(
      "wrong",
      vips.some((vip) => vip.holders.length > 1),
    );
    this.#vips.title = vips.map(({ address }, index) => `${address ?? "VIP"}: ${holders[index]}`).join("\n");
  }
}

/** The class of a task's mark. */
export const markClass = ({ status }: Pick<TileTask, "status">): string => `mark ${status.replace(" ", "-")}`;

function markOf(task: TileTask): HTMLElement {
  const mark = element("span", markClass(task));
  mark.title = `${task.status}: ${task.title} (${task.id}, ${task.where})`;
  return mark;
}
