/** Colours for the canvas, as style.css has them; the names there are the same with two hyphens before them. */
export const paletteNames = [
  "ink",
  "muted",
  "line",
  "surface",
  "answered",
  "delayed",
  "dots",
  "failed",
  "outage",
  "fault",
  "good",
  "bad",
  "master",
  "backup",
  "silent",
  "tick",
  "unknown",
  "diagnosis",
] as const;

/** How many colours there are for real servers and for directors. */
export const SERVERS = 6;
export const OWNERS = 4;

export interface Palette extends Readonly<Record<(typeof paletteNames)[number], string>> {
  /** Real servers, in the order of the requests' series. */
  readonly servers: readonly string[];
  /** Directors, in the order of the lab. */
  readonly owners: readonly string[];
}

/** The colour of one of many, which come round again when there are more than colours. */
export const nth = (colours: readonly string[], index: number): string =>
  colours[Math.max(0, index) % colours.length] ?? "";
