import { VIEW_VERSION, type ViewEvent } from "../tile.ts";

export interface StreamHandlers {
  /** `whole`: there are no other tiles. */
  got(event: ViewEvent, whole: boolean): void;
  /** What is wrong with the connection; undefined: nothing any more. */
  trouble(words: string | undefined): void;
}

/** Listens to the server's events. The browser connects again by itself, and names the last event that it got. @returns ends it */
export function listen(projector: boolean, { got, trouble }: StreamHandlers): () => void {
  const source = new EventSource(projector ? "/events?projector" : "/events");
  for (const name of ["all", "some"] as const)
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as ViewEvent;
      if (event.version !== VIEW_VERSION) return location.reload();
      trouble(undefined);
      got(event, name === "all");
    });
  source.addEventListener("open", () => trouble(undefined));
  source.addEventListener("error", () =>
    trouble(
      source.readyState === EventSource.CLOSED
        ? "The view has ended, or was started anew: open the address that it printed. What stands here is old."
        : "No connection to the view. What stands here is old; trying again.",
    ),
  );
  return () => source.close();
}
