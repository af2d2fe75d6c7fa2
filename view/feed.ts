import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { forProjector } from "./make-tile.ts";
import { type ClassInfo, type Tile, VIEW_VERSION, type ViewEvent } from "./tile.ts";

/** Who a stream is for. */
export type Audience = "teacher" | "projector";

/** A message of server-sent events: HTML Living Standard, section 9.2.5. Data is JSON, so it has no new line. */
export const message = (id: string, event: "all" | "some", data: ViewEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** A comment: it keeps a connection open, and shows the server that the page has gone. */
export const HEARTBEAT = ": alive\n\n";

/** How long a page waits before it connects again, in milliseconds. */
export const RETRY = "retry: 1000\n\n";

/**
 * The tiles as they are, and who is told of changes. Each change has a number; a page that comes back names the last one that it got, and is told what
 * it missed.
 */
export class Feed {
  /** Numbers begin anew with each run of the view: an id has the run, too. */
  readonly #run = randomBytes(6).toString("hex");
  readonly #tiles = new Map<string, { readonly tile: Tile; readonly change: number }>();
  readonly #listeners = new Map<(text: string) => void, Audience>();
  #info: ClassInfo;
  #infoChange = 0;
  #change = 0;

  constructor(info: ClassInfo, tiles: readonly Tile[]) {
    this.#info = info;
    for (const tile of tiles) this.#tiles.set(tile.key, { tile, change: 0 });
  }

  /** Has a tile as it is now. All who listen are told, unless nothing has changed. */
  put(tile: Tile): void {
    const before = this.#tiles.get(tile.key);
    if (isDeepStrictEqual(before?.tile, tile)) return;
    this.#change += 1;
    this.#tiles.set(tile.key, { tile, change: this.#change });
    this.#tell([tile]);
  }

  putInfo(info: ClassInfo): void {
    if (isDeepStrictEqual(this.#info, info)) return;
    this.#change += 1;
    this.#info = info;
    this.#infoChange = this.#change;
    this.#tell([]);
  }

  /**
   * Tells a listener what it has missed since `last`, the id of the last message that it got, or everything; and from then on each change.
   * @returns ends it
   */
  listen(audience: Audience, last: string | undefined, listener: (text: string) => void): () => void {
    const missed = this.#missedSince(last, audience);
    if (missed) {
      if (missed.length > 0 || this.#infoChange > this.#numberOf(last))
        listener(this.#message("some", missed, audience));
    } else
      listener(
        this.#message(
          "all",
          [...this.#tiles.values()].map(({ tile }) => tile),
          audience,
        ),
      );
    this.#listeners.set(listener, audience);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells all who listen that they are not forgotten. */
  beat(): void {
    for (const listener of this.#listeners.keys()) listener(HEARTBEAT);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  #missedSince(last: string | undefined, audience: Audience): Tile[] | undefined {
    const [run, , of] = last?.split("-") ?? [];
    if (run !== this.#run || of !== audience) return undefined;
    const number = this.#numberOf(last);
    if (!(number <= this.#change)) return undefined;
    return [...this.#tiles.values()].filter(({ change }) => change > number).map(({ tile }) => tile);
  }

  #numberOf = (id: string | undefined): number => Number(/^\w+-(\d+)-/.exec(id ?? "")?.[1]);

  #tell(tiles: readonly Tile[]): void {
    const texts = new Map<Audience, string>();
    for (const [listener, audience] of this.#listeners) {
      const text = texts.get(audience) ?? this.#message("some", tiles, audience);
      texts.set(audience, text);
      listener(text);
    }
  }

  #message(event: "all" | "some", tiles: readonly Tile[], audience: Audience): string {
    const shown = audience === "projector" ? tiles.map(forProjector) : tiles;
    const data = { version: VIEW_VERSION, now: Date.now(), info: this.#info, tiles: shown } as const;
    return message(`${this.#run}-${this.#change}-${audience}`, event, data);
  }
}
