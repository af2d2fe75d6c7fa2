/** Bytes of a password that VRRP version 2 takes: RFC 2338, section 5.3.6. */
export const COUNTED = 8;

/** Up to how many characters secrets are told apart by their length. */
const lengths = [8, 16, 32, 64, 96];

/**
 * What stands for secrets: the same for the same one, everywhere. An auth_pass keeps its length if that is more than eight bytes, and two of them begin
 * with the same eight characters if and only if they did before: keepalived and lint see no difference. Others are as long as the next of a few lengths.
 */
export class Placeholders {
  /** Eight characters for each secret; for auth_pass, for each first eight bytes of one. */
  readonly #tokens = new Map<string, string>();
  /** How many secrets have the same first eight bytes. */
  readonly #rests = new Map<string, string[]>();

  /** @param value a secret */
  of(value: string): string {
    const token = this.#token(`secret ${value}`);
    const length = lengths.find((one) => value.length <= one) ?? (lengths.at(-1) as number);
    return token.padEnd(length, "x");
  }

  /** @param value a mail address. What stands for it is one, too, of a domain that belongs to nobody: RFC 2606, section 3. */
  ofAddress(value: string): string {
    return `${this.#token(`address ${value}`)}@example.org`;
  }

  /** @param value an auth_pass */
  ofPassword(value: string): string {
    const bytes = Buffer.from(value);
    const first = this.ofCounted(bytes.subarray(0, COUNTED).toString("latin1"));
    if (bytes.length <= COUNTED) return first;
    const rests = this.#rests.get(first) ?? [];
    this.#rests.set(first, rests);
    if (!rests.includes(value)) rests.push(value);
    const letter = String.fromCharCode("a".charCodeAt(0) + (rests.indexOf(value) % 26));
    return first + letter.padEnd(bytes.length - COUNTED, "x");
  }

  /** @param bytes what of an auth_pass is on the wire, up to eight bytes as Latin-1 */
  ofCounted(bytes: string): string {
    return this.#token(`auth_pass ${bytes}`);
  }

  #token(key: string): string {
    const known = this.#tokens.get(key);
    if (known !== undefined) return known;
    const number = (this.#tokens.size + 1).toString(36).padStart(2, "0");
    const token = "hidden".slice(0, COUNTED - number.length) + number;
    this.#tokens.set(key, token);
    return token;
  }
}
