import type { Readable } from "node:stream";

const HEADERS_END = "\r\n\r\n";

/** How long a body of unknown length must not have grown, in milliseconds. */
const QUIET_MS = 300;

/**
 * The body of an HTTP response that a stream begins with; undefined if none has come when the stream ends, or after `seconds`. The stream may stay
 * open. A body without a length (RFC 9112, section 6.3) is whole when nothing more comes.
 */
export async function readPage(stream: Readable | null, seconds: number): Promise<string | undefined> {
  if (!stream) return undefined;
  stream.setEncoding("utf8");
  return await new Promise((resolve) => {
    let text = "";
    let quiet: NodeJS.Timeout | undefined;
    const done = () => {
      clearTimeout(deadline);
      clearTimeout(quiet);
      stream.off("data", hear).off("end", done).off("error", done);
      stream.resume(); // what else comes is of no interest
      resolve(bodyOf(text));
    };
    const hear = (more: string) => {
      text += more;
      clearTimeout(quiet);
      if (isWhole(text)) done();
      else if (bodyOf(text) !== undefined) quiet = setTimeout(done, QUIET_MS);
    };
    const deadline = setTimeout(done, seconds * 1000);
    stream.on("data", hear).on("end", done).on("error", done);
  });
}

/** The body as far as it has come; undefined while headers are missing. */
function bodyOf(text: string): string | undefined {
  const at = text.indexOf(HEADERS_END);
  return at < 0 ? undefined : text.slice(at + HEADERS_END.length);
}

/** Whether the body has the length that the headers say. */
function isWhole(text: string): boolean {
  const body = bodyOf(text);
  const [, length] = /^content-length: *(\d+)/im.exec(text.split(HEADERS_END)[0] ?? "") ?? [];
  return body !== undefined && length !== undefined && Buffer.byteLength(body) >= Number(length);
}
