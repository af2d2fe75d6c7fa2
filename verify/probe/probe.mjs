/**
 * The probe's own process in the client's network: GETs or datagrams on a fixed schedule, kept connections, and looks at the ARP entry. Plain JavaScript
 * without packages, so that it starts at once and nothing else shares its event loop.
 *
 * usage: node probe.mjs OPTIONS   (JSON: ProbeOrder of records.ts)
 * Prints one JSON object a line (`ProbeMessage` of records.ts) until its standard input ends or it gets SIGTERM. Then it starts no further
 * request, waits for those under way and exits. So it never outlives the process that started it.
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { nextPort } from "./source-ports.mjs";

/** @type {import("./records.ts").ProbeOrder} */
const order = JSON.parse(process.argv[2] ?? "{}");
const { address, port, udp, tls, lenient, intervalMs, timeoutMs, arpIntervalMs, longLivedIntervalMs } = order;
const longLived = udp ? 0 : order.longLived;

/** The certificates of a lab are nobody's: none is verified. */
const { Agent, get } = tls ? https : http;
const trusting = tls ? { rejectUnauthorized: false } : {};

/** First retransmission of a SYN: 1 s after it (RFC 6298, section 2.1). Slightly less, for the resolution of the timers. */
const RETRANSMITTED_AFTER_MS = 900;
/** Enough characters of a page to tell which server sent it. */
const BODY_CHARACTERS = 1000;
/** How long a message waits for others to be printed with it. One write a request would cost as much as the request. */
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
/** A slow reader does not delay requests: the stream buffers what the pipe does not take. */
function print() {
  process.stdout.write(unprinted.join(""));
  unprinted = [];
}

/**
 * Reads a page and calls `ended` once, with an error or without.
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
  request.on("error", fail); // not `once`: destroying it may raise a second one
  request.once("response", (response) => {
    response.setEncoding("utf8");
    response.on("data", (text) => {
      if (body.length < BODY_CHARACTERS) body += text;
    });
    response.on("error", fail);
    response.once("end", () => end(isService(response.statusCode) ? undefined : `HTTP ${response.statusCode}`));
  });
}

/** @param {number | undefined} status */
const isService = (status) => status === 200 || (lenient === true && status !== undefined && status < 500);

/**
 * One request on a new connection.
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
    ...trusting,
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

/** What is asked by UDP: an empty line, as `echo` sends it. The lab's UDP servers answer every datagram with their page. */
const QUESTION = "\n";

/**
 * One datagram from a port of its own, and the answer to it. The socket is connected, so that an answer from another address is none, and a refusal
 * (ICMP) is an error: udp(7).
 * @param {number} n
 * @param {number} due
 */
function askByUdp(n, due) {
  const started = now();
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  let over = false;
  /** @param {string | undefined} error @param {string} [body] */
  const end = (error, body = "") => {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    const ended = now();
    const outcome = error ? "failed" : ended - started >= RETRANSMITTED_AFTER_MS ? "delayed" : "answered";
    const connected = error ? null : ended;
    tell({ request: { n, due, started, connected, ended, outcome, ...(error ? { error } : {}), body: body.trim() } });
    socket.close();
  };
  const deadline = setTimeout(() => end("TIMEOUT"), timeoutMs);
  socket.on("error", (/** @type {NodeJS.ErrnoException} */ error) => end(error.code ?? error.message));
  socket.on("message", (answer) => end(undefined, answer.toString("utf8", 0, BODY_CHARACTERS)));
  socket.bind(nextPort("udp"), () => {
    if (over) return;
    socket.connect(port, address, () => {
      if (!over) socket.send(QUESTION, (error) => error && end(/** @type {NodeJS.ErrnoException} */ (error).code));
    });
  });
}

let nextId = 0;
/**
 * One kept connection: its record once it is connected, and the state of its end. It belongs to its socket, because a dead socket may report
 * its close after the next one is open.
 * @typedef {{
 *   record?: { id: number, opened: number, server: string, answers: number[] },
 *   error?: string,
 *   announced?: boolean, // whether the last answer announced the end of the connection: RFC 9112, section 9.6
 * }} Kept
 */

/** A slot for one kept connection at a time; when it closes, the next one opens. */
class KeptOpen {
  #agent = new Agent({ keepAlive: true, maxSockets: 1, ...trusting });
  /** @type {WeakMap<import("node:net").Socket, Kept>} */
  #kept = new WeakMap();
  #asking = false;
  #stopped = false;

  /** Sends a request unless the last one is still open: HTTP allows one at a time on a connection. */
  ask() {
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    /** @type {Kept} */
    let kept = {}; // replaced when it has a socket
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
      if (error?.startsWith("HTTP ")) return; // not a page, but the connection is fine
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
    // Nothing else reports the error of an idle connection.
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
      // A truncated answer is reported a moment after the end of the connection.
      setImmediate(() => {
        const { error } = kept;
        tell({ connection: { ...record, closed: this.#stopped && !error ? null : at, ...(error ? { error } : {}) } });
      });
    });
    return kept;
  }

  /** Closes it, after an answer that is still due. */
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
/** Starts all requests that are due. A late one starts at once and keeps its number: the schedule never moves. */
function keepSchedule() {
  while (dueAt(n) <= now()) {
    if (udp) askByUdp(n, dueAt(n));
    else ask(n, dueAt(n));
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
// Of an IPv6 address there is no such file: NeighbourWatch of neighbour.ts is told by the kernel.
const looking = address.includes(":") ? undefined : setInterval(lookAtArp, arpIntervalMs);
if (looking) lookAtArp();
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
