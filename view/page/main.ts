/** The script of a class's page: shows the tiles that the server tells of, filters and orders them, and takes keys. */
import { ownLook } from "../../verify/report/page/theme.ts";
import type { ClassInfo, Tile, ViewEvent } from "../tile.ts";
import { Card } from "./card.ts";
import { detailsOf } from "./details.ts";
import { byId, element, say } from "./element.ts";
import { chosen, type Show, type Sort, shows, sorts, sumOf } from "./order.ts";
import { listen } from "./stream.ts";
import { nameOf } from "./words.ts";

/** How often the times on the page move, in milliseconds. */
const TICK_MS = 5000;

const place = {
  title: byId("title", HTMLElement),
  sum: byId("sum", HTMLElement),
  announcement: byId("announcement", HTMLElement),
  trouble: byId("trouble", HTMLElement),
  tiles: byId("tiles", HTMLElement),
  nothing: byId("nothing", HTMLElement),
  spoken: byId("spoken", HTMLElement),
  find: byId("find", HTMLInputElement),
  show: byId("show", HTMLSelectElement),
  sort: byId("sort", HTMLSelectElement),
  projector: byId("projector", HTMLButtonElement),
  theme: byId("theme", HTMLButtonElement),
  keys: byId("keys", HTMLButtonElement),
  details: byId("details", HTMLDialogElement),
  help: byId("help", HTMLDialogElement),
};

// The address once had the token, which the cookie has now.
const query = new URLSearchParams(location.search);
query.delete("token");
let projector = query.has("projector");
const remember = (): void => {
  const words = new URLSearchParams();
  if (projector) words.set("projector", "");
  if (place.show.value !== "all") words.set("show", place.show.value);
  if (place.sort.value !== "name") words.set("sort", place.sort.value);
  const text = words.toString().replace(/=(?=&|$)/g, "");
  history.replaceState(null, "", text === "" ? location.pathname : `?${text}`);
};

let cards = new Map<string, Card>();
/** How far the server's clock is ahead of this one's, in milliseconds. */
let ahead = 0;
let info: ClassInfo | undefined;
/** Whose details are open. */
let open: string | undefined;
/** The tile that has the focus when the list gets it. */
let current: string | undefined;

const now = (): number => Date.now() + ahead;
const tiles = (): Tile[] => [...cards.values()].map(({ tile }) => tile);

function fill(select: HTMLSelectElement, choices: Readonly<Record<string, string>>, value: string | null): void {
  for (const [name, words] of Object.entries(choices)) select.append(new Option(words, name));
  if (value !== null && value in choices) select.value = value;
}

function got(event: ViewEvent, whole: boolean): void {
  ahead = event.now - Date.now();
  info = event.info;
  if (whole) {
    const kept = new Set(event.tiles.map(({ key }) => key));
    for (const [key, card] of cards) if (!kept.has(key)) card.item.remove();
    cards = new Map([...cards].filter(([key]) => kept.has(key)));
  }
  for (const tile of event.tiles) {
    const card = cards.get(tile.key);
    if (tile.hand && card && !card.tile.hand) say(place.spoken, `${nameOf(tile)} raises a hand`);
    if (card) card.draw(tile, now());
    else cards.set(tile.key, new Card(tile, now(), () => showDetails(tile.key)));
  }
  arrange();
  if (event.tiles.some(({ key }) => key === open)) drawDetails();
  document.documentElement.dataset.drawn = "true";
}

/** Puts the tiles that are shown in their order, without taking the focus from one. */
function arrange(): void {
  const find = place.find.value;
  const wanted = chosen(tiles(), { find, show: place.show.value as Show, sort: place.sort.value as Sort });
  const focused = document.activeElement;
  const items = wanted.flatMap(({ key }) => cards.get(key)?.item ?? []);
  const isSame =
    items.length === place.tiles.childElementCount && items.every((one, n) => place.tiles.children[n] === one);
  if (!isSame) place.tiles.replaceChildren(...items);
  if (!isSame && focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
  if (current === undefined || !wanted.some(({ key }) => key === current)) current = wanted[0]?.key;
  for (const [key, { button }] of cards) button.tabIndex = key === current ? 0 : -1;
  drawHead();
  place.nothing.hidden = items.length > 0 || cards.size === 0;
  say(
    place.nothing,
    `None of ${cards.size} labs: ${shows[place.show.value as Show]}${find === "" ? "" : `, “${find}”`}.`,
  );
}

function drawHead(): void {
  if (!info) return;
  const { name, exercise, announcement } = info;
  const hands = tiles().filter(({ hand }) => hand).length;
  document.title = `${hands > 0 ? `(${hands}) ` : ""}${name} – lvs-lab`;
  if (place.title.dataset.of !== `${name} ${exercise}`) {
    place.title.dataset.of = `${name} ${exercise}`;
    place.title.replaceChildren(name, " ", element("span", "quiet", exercise));
  }
  say(place.sum, sumOf(tiles()));
  place.announcement.hidden = announcement === undefined;
  say(
    place.announcement,
    announcement ? `${new Date(announcement.at).toTimeString().slice(0, 5)}  ${announcement.text}` : "",
  );
}

function showDetails(key: string): void {
  open = key;
  focusOn(key);
  drawDetails();
  place.details.showModal();
}

function drawDetails(): void {
  const tile = open === undefined ? undefined : cards.get(open)?.tile;
  if (!tile) return;
  const fresh = element("div", "", ...detailsOf(tile, now(), () => void lower(tile.key)));
  // Drawn anew only if something is new: a button that is about to be pressed must not go.
  if (place.details.firstElementChild?.innerHTML === fresh.innerHTML) return;
  const { scrollTop } = place.details;
  const focused = place.details.contains(document.activeElement) ? document.activeElement?.textContent : undefined;
  place.details.replaceChildren(fresh);
  place.details.scrollTop = scrollTop;
  if (focused === undefined) return;
  const buttons = [...place.details.querySelectorAll("button")];
  (buttons.find(({ textContent }) => textContent === focused) ?? buttons[0])?.focus();
}

async function lower(key: string): Promise<void> {
  const { ok } = await fetch("/lower", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  });
  if (!ok) trouble("The hand could not be lowered.");
}

function trouble(words: string | undefined): void {
  place.trouble.hidden = words === undefined;
  say(place.trouble, words ?? "");
}

function focusOn(key: string | undefined): void {
  if (key === undefined) return;
  current = key;
  for (const [one, { button }] of cards) button.tabIndex = one === key ? 0 : -1;
  cards.get(key)?.button.focus();
}

/** The keys that lead from tile to tile. The first of them leads to the one that had the focus last. */
const walks = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

/** The tile that an arrow leads to: beside, or in the row above or below at the same place. */
function neighbour(key: string): string | undefined {
  const buttons = [...place.tiles.querySelectorAll<HTMLElement>(".tile")];
  const at = buttons.findIndex((one) => one.dataset.key === current);
  const top = buttons[0]?.getBoundingClientRect().top;
  const columns = Math.max(
    1,
    buttons.findIndex((one) => one.getBoundingClientRect().top !== top),
  );
  const inOne = buttons.every((one) => one.getBoundingClientRect().top === top);
  const row = inOne ? buttons.length : columns;
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - row,
    ArrowDown: at + row,
    Home: 0,
    End: buttons.length - 1,
  }[key];
  return to === undefined ? undefined : buttons[to]?.dataset.key;
}

/** Another choice of a list, after the one that there is. */
function next(select: HTMLSelectElement, what: string): void {
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
  choose();
  say(place.spoken, `${what} ${select.selectedOptions[0]?.text}`);
}

function choose(): void {
  remember();
  arrange();
}

let end = (): void => {};

/** Shows what everybody may see, or all: of what was there before nothing is left on the page. */
function connect(): void {
  end();
  place.projector.setAttribute("aria-pressed", String(projector));
  document.documentElement.classList.toggle("projector", projector);
  place.details.close();
  place.details.replaceChildren();
  place.tiles.replaceChildren();
  say(place.spoken, "");
  place.find.value = "";
  place.find.disabled = projector;
  cards = new Map();
  open = undefined;
  current = undefined;
  end = listen(projector, { got, trouble });
}

function project(): void {
  projector = !projector;
  remember();
  connect();
}

const shortcuts: Readonly<Record<string, () => void>> = {
  "/": () => place.find.focus(),
  s: () => next(place.sort, "ordered by"),
  f: () => next(place.show, "shown:"),
  p: project,
  d: () => place.theme.click(),
  "?": () => place.help.showModal(),
};

fill(place.show, shows, query.get("show"));
fill(place.sort, sorts, query.get("sort"));
remember();
ownLook(place.theme, () => {});
for (const select of [place.show, place.sort]) select.addEventListener("change", choose);
place.find.addEventListener("input", arrange);
place.projector.addEventListener("click", project);
place.keys.addEventListener("click", () => place.help.showModal());
place.details.addEventListener("close", () => {
  const was = open;
  open = undefined;
  if (was !== undefined && cards.has(was)) focusOn(was);
});
for (const dialog of [place.details, place.help])
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
place.tiles.addEventListener("focusin", ({ target }) => {
  const key = target instanceof HTMLElement ? target.dataset.key : undefined;
  if (key === undefined || key === current) return;
  current = key;
  for (const [one, { button }] of cards) button.tabIndex = one === key ? 0 : -1;
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (place.details.open || place.help.open) return;
  const { target, key } = event;
  if (target === place.find) {
    if (key !== "Escape" && key !== "Enter" && key !== "ArrowDown") return;
    if (key === "Escape") place.find.value = "";
    event.preventDefault();
    arrange();
    focusOn(current);
    return;
  }
  if (target instanceof HTMLSelectElement) return;
  const isAtTile = target instanceof HTMLElement && target.classList.contains("tile");
  if (walks.has(key)) focusOn(isAtTile ? neighbour(key) : current);
  else if (key in shortcuts) shortcuts[key]?.();
  else return;
  event.preventDefault();
});
setInterval(() => {
  for (const card of cards.values()) card.draw(card.tile, now());
}, TICK_MS);
connect();
