import { SERVERS } from "../page/palette.ts";
import { figure, pathPart } from "./figure.ts";
import { type Html, html } from "./template.ts";

/** Requests by answering server, each with a bar, a count and a share. `path`: the place of the record in result.json. */
export function serverBars(path: string, perServer: Readonly<Record<string, number>>, order: readonly string[]): Html {
  const total = Object.values(perServer).reduce((sum, count) => sum + count, 0);
  if (total === 0) return html`<span class="quiet">none</span>`;
  const rows = Object.entries(perServer).map(([name, count]) => {
    const share = (100 * count) / total;
    const colour = `server-${Math.max(0, order.indexOf(name)) % SERVERS}`;
    return html`<li><span class="name">${name}</span><span class="track"><span class="fill ${colour}" style="width:${share.toFixed(2)}%"></span></span>${figure(`${path}/${pathPart(name)}`, count)}<span class="quiet">${share.toFixed(1)} %</span></li>`;
  });
  return html`<ul class="bars">${rows}</ul>`;
}
