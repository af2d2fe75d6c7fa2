/** What was assumed of a plan, a sentence each, by the part of the plan that it is about. */
export class Assumptions {
  readonly #sentences = new Map<string, string[]>();

  /** @param part a name of a network, director or stand-in, or `client` */
  add(part: string, sentence: string): void {
    const known = this.#sentences.get(part) ?? [];
    if (!known.includes(sentence)) this.#sentences.set(part, [...known, sentence]);
  }

  get all(): ReadonlyMap<string, readonly string[]> {
    return this.#sentences;
  }
}
