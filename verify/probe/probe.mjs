/**
 * The probe's own process, run in the client's network: GETs on a fixed schedule, connections that are kept open, and looks at the ARP
 * entry beside them. Plain JavaScript without dependencies, so that it starts in no time and nothing else shares its event loop.
 *
 * usage: node probe.mjs OPTIONS   (JSON: ProbeOrder of records.ts)
 * It prints one JSON object a line (`ProbeMessage` of records.ts) until its standard input ends or it gets SIGTERM; then it
 * starts no further request, waits for those under way and ends. So it never outlives the process that started it.
 */
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";

/** @type {import("./records.ts").ProbeOrder} */
const order = JSON.parse(process.argv[2] ?? "{}");
const { address, port, intervalMs, timeoutMs, arpIntervalMs, longLived, longLivedIntervalMs } = order;

/** First retransmission of a SYN: 1 s after it (RFC 6298, section 2.1). Slightly less, for what the timers' grain takes off. */
const RETRANSMITTED_AFTER_MS = 900;
/** As much of a page as tells which server it came from. */
const BODY_CHARACTERS = 200;
/** How long a message may wait for others to be printed with it. A write for every request would cost as much as the request. */
const PRINT_EVERY_MS = 10;

// CLOCK_MONOTONIC: one for all processes of the machine.
const epoch = order.epoch === undefined ? process.hrtime.bigint() : BigInt(order.epoch);
const now = () => Number((process.hrtime.bigint() - epoch) / 1000n) / 1000;
/** @param {number} ms */
const toMicroseconds = (ms) => Math.round(ms * 1000) / 1000;

/** @type {string[]} */
let unprinted = [];
/** @param {import("./records.ts").ProbeMessage} message */
function tell(message) {
  if (unprinted.push(`${JSON.stringify(message)}\n`) === 1) setTimeout(print, PRINT_EVERY_MS);
}
/** A reader that is slow holds back none of the requests: what the pipe does not take is kept by the stream. */
function print() {
  process.stdout.write(unprinted.join(""));
  unprinted = [];
}

/**
 * Reads a page, and says once how that ended: without an error, or with one.
 * @param {import("node:http").ClientRequest} request
 * @param {(error: string | undefined, body: string) => void} ended
 */
function readPage(request, ended) {
  let over = false;
  let body = "";
  /** @param {string} [error] */
  const end = (error) => {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    ended(error, body.slice(0, BODY_CHARACTERS).trim());
  };
  const deadline = setTimeout(() => end("TIMEOUT"), timeoutMs);
  /** @param {NodeJS.ErrnoException} error */
  const fail = (error) => end(error.code ?? error.message);
  request.on("error", fail); // not once: destroying it may tell of a second
  request.once("response", (response) => {
    response.setEncoding("utf8");
    response.on("data", (text) => {
      if (body.length < BODY_CHARACTERS) body += text;
    });
    response.on("error", fail);
    response.once("end", () => end(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`));
  });
}

/**
 * The client's ports that probes use, beside those that its kernel gives to others. IPVS keeps a connection
 * that was closed for two minutes (FIN_WAIT in its table, as direct routing shows it one direction only), and a new connection from the
 * same port goes where the old one went, past the scheduler; or nowhere, if that real server has been taken out. So ports go by the
 * clock: no two probes of this machine use one twice within two minutes, up to 300 requests a second.
 */
const PORTS = { first: 1024, count: 40_000 - 1024 };
/** How long a port's turn is, in nanoseconds: all of them have it once in 126.7 s. */
const TURN_NS = 3_250_000n;

let turn = 0n;
/** The port whose turn it is, or the next one if that has been used. */
function nextPort() {
  const now = process.hrtime.bigint() / TURN_NS;
  turn = now > turn ? now : turn + 1n;
  return PORTS.first + Number(turn % BigInt(PORTS.count));
}

/**
 * One request on a connection of its own.
 * @param {number} n
 * @param {number} due
 */
function ask(n, due) {
  const started = now();
  /** @type {number | null} */
  let connected = null;
  const request = get({
    host: address,
    port,
    localPort: nextPort(),
    path: "/",
    agent: false,
    headers: { connection: "close" },
  });
  request.once("socket", (socket) => {
    socket.once("connect", () => {
      connected = now();
    });
  });
  readPage(request, (error, body) => {
    const delayed = connected !== null && connected - started >= RETRANSMITTED_AFTER_MS;
    const outcome = error ? "failed" : delayed ? "delayed" : "answered";
    tell({ request: { n, due, started, connected, ended: now(), outcome, ...(error ? { error } : {}), body } });
    request.destroy();
  });
}

let nextId = 0;
/**
 * One connection that is kept open: its record, from when it stands, and what is known of its end. It belongs to its socket, for a socket that
 * is done for may tell of its close only after the next one is there.
 * @typedef {{
 *   record?: { id: number, opened: number, server: string, answers: number[] },
 *   error?: string,
 *   announced?: boolean, // whether the last answer said that the connection ends with it: RFC 9112, section 9.6
 * }} Kept
 */

/** A place for one connection that is kept open: one at a time, and when it is gone the next. */
class KeptOpen {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** @type {WeakMap<import("node:net").Socket, Kept>} */
  #kept = new WeakMap();
  #asking = false;
  #stopped = false;

  /** Asks, unless the last question is still open: HTTP has one at a time on a connection. */
  ask() {
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    /** @type {Kept} */
    let kept = {}; // until it has a socket
    const request = get({ host: address, port, path: "/", agent: this.#agent });
    request.once("socket", (socket) => {
      kept = this.#kept.get(socket) ?? this.#keep(socket);
    });
    request.once("response", ({ headers }) => {
      kept.announced = headers.connection?.toLowerCase() === "close";
    });
    readPage(request, (error, body) => {
      this.#asking = false;
      if (this.#stopped) setImmediate(() => this.#agent.destroy());
      if (error?.startsWith("HTTP ")) return; // not a page, and the connection stands
      if (error) {
        kept.error ??= error;
        request.destroy();
      } else if (kept.record) {
        const { id, opened, answers } = kept.record;
        const answered = now();
        answers.push(answered);
        tell({ held: { id, opened, answered } });
        kept.record.server ||= body;
      }
    });
  }

  /** @param {import("node:net").Socket} socket */
  #keep(socket) {
    /** @type {Kept} */
    const kept = {};
    this.#kept.set(socket, kept);
    socket.once("connect", () => {
      kept.record = { id: nextId++, opened: now(), server: "", answers: [] };
    });
    // An idle connection's error is told to nobody else.
    socket.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      kept.error ??= error.code ?? error.message;
    });
    socket.once("end", () => {
      if (!kept.announced) kept.error ??= "CLOSED";
    });
    socket.once("close", () => {
      const { record } = kept;
      if (!record) return;
      const at = now();
      // An answer that was cut short is told a moment after the connection's end.
      setImmediate(() => {
        const { error } = kept;
        tell({ connection: { ...record, closed: this.#stopped && !error ? null : at, ...(error ? { error } : {}) } });
      });
    });
    return kept;
  }

  /** Closes it, after the answer that it may be waiting for. */
  stop() {
    this.#stopped = true;
    if (!this.#asking) this.#agent.destroy();
  }
}

const start = order.epoch === undefined ? 0 : now();
let n = 0;
/** @type {NodeJS.Timeout} */
let next;
/** @param {number} n */
const dueAt = (n) => toMicroseconds(start + n * intervalMs);
/** Starts everything that is due. Whoever is late is started at once and keeps its number: the schedule never gives way. */
function keepSchedule() {
  while (dueAt(n) <= now()) {
    ask(n, dueAt(n));
    n += 1;
  }
  next = setTimeout(keepSchedule, dueAt(n) - now());
}

/** @type {string | null | undefined} */
let owner;
let looked = start;
/** The hardware address in the client's ARP entry: column 4 of /proc/net/arp, good if flag 0x2 (ATF_COM) is set: arp(7). */
function lookAtArp() {
  const row = readFileSync("/proc/net/arp", "latin1")
    .split("\n")
    .map((line) => line.split(/\s+/))
    .find(([ip]) => ip === address);
  const mac = row && Number(row[2]) & 0x2 ? (row[3] ?? null) : null;
  const at = now();
  if (mac !== owner) tell({ arp: { mac, after: looked, at } });
  owner = mac;
  looked = at;
}

tell({ epoch: String(epoch) });
print();
const looking = setInterval(lookAtArp, arpIntervalMs);
lookAtArp();
const keptOpen = Array.from({ length: longLived }, () => new KeptOpen());
const askOnAll = () => {
  for (const one of keptOpen) one.ask();
};
const asking = longLived > 0 ? setInterval(askOnAll, longLivedIntervalMs) : undefined;
askOnAll();
keepSchedule();

function stop() {
  clearTimeout(next);
  clearInterval(looking);
  clearInterval(asking);
  for (const one of keptOpen) one.stop();
  process.stdin.destroy();
}
process.stdin.resume().once("end", stop).once("error", stop);
process.once("SIGTERM", stop);
