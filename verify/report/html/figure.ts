import { type Html, html } from "./template.ts";

/**
 * A number of the result: rounded text for people, the full value for machines.
 * @param path its place in result.json, a JSON pointer (RFC 6901): `/windows/1/outage/longest/ms`
 * @param text its text on the page; by default the number itself
 */
export const figure = (path: string, value: number, text: string = String(value)): Html =>
  html`<data value="${value}" data-figure="${path}">${text}</data>`;

/** The same in whole milliseconds, without the unit. */
export const whole = (path: string, value: number): Html => figure(path, value, String(Math.round(value)));

/** The same in milliseconds to a tenth, without the unit. */
export const tenth = (path: string, value: number): Html => figure(path, value, value.toFixed(1));

/** A name as a segment of such a path. */
export const pathPart = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
