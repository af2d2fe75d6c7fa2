/** Colours for the canvas, from the custom properties of the same names in style.css. */
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

/** The number of colours for real servers and for directors. */
export const SERVERS = 6;
export const OWNERS = 4;

export interface Palette extends Readonly<Record<(typeof paletteNames)[number], string>> {
  /** Real servers, in the order of the requests' series. */
  readonly servers: readonly string[];
  /** Directors, in the order of the lab. */
  readonly owners: readonly string[];
}

/** The colour of an item by its index; colours repeat if there are more items. */
export const nth = (colours: readonly string[], index: number): string =>
  colours[Math.max(0, index) % colours.length] ?? "";
