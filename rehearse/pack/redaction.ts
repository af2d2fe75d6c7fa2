import { join } from "node:path";
import type { Statement } from "../conf/tree.ts";
import type { Configuration, Folder } from "../folder.ts";
import {
  type Found,
  isMasked,
  isNobodys,
  MAIL_ADDRESS,
  mention,
  privateKey,
  secretFile,
  secretsIn,
} from "./patterns.ts";
import { COUNTED, Placeholders } from "./placeholders.ts";

/** Something that was replaced. */
export interface Replaced {
  readonly kind: string;
  readonly file: string;
  /** A line, or a place in JSON, a JSON pointer (RFC 6901). */
  readonly at: number | string;
}

/** A place at which somebody should look. */
export interface Doubt {
  readonly file: string;
  readonly at?: number | string;
  readonly why: string;
}

/** The shortest secret that is replaced wherever it stands in files that programs read: a shorter one may be any word. */
const TELLING = 6;
/** The same for reports; and the shortest for which it is said that its text stands elsewhere. */
const NOTABLE = 4;

/** Words that stand in any such folder. */
const common = new Set(
  (
    "keepalived haproxy nginx apache master backup password secret public private default localhost linux debian " +
    "admin administrator root server router virtual instance vrrp lvs ipvs"
  ).split(" "),
);

/**
 * Replaces secrets in texts, the same one by the same placeholder. First `learn` everything, then `text` and `json`: a secret that shows at one place by
 * what stands before it is replaced at all the others too.
 */
export class Redaction {
  readonly replaced: Replaced[] = [];
  readonly doubts: Doubt[] = [];
  readonly placeholders = new Placeholders();
  /** Secrets by their text, with what they are. */
  readonly #secrets = new Map<string, string>();
  /** What keepalived sends of passwords that are longer: as tcpdump and others print it. */
  readonly #counted = new Set<string>();
  /** Words of the configurations' structure, which are left where they stand. */
  readonly #structure = new Set<string>();
  /** Lines on which a parameter of a configuration is defined, as FILE:LINE. */
  readonly #definitions = new Set<string>();
  /** Files of configurations. */
  readonly #configurations = new Set<string>();
  /** Texts that were put together from parameters: what of them is at each place. */
  readonly #pieces = new Set<string>();

  /**
   * Learns a configuration's passwords, those in parameters included, and its mail addresses.
   * @param own what the names of the folder's files begin with, where its texts are replaced
   */
  learnConfiguration(folder: Folder, configuration: Configuration, own = ""): void {
    const named = (file: string) => join(own, file);
    const texts = new Map(folder.texts().map(({ file, text }) => [file, text]));
    for (const word of wordsIn(configuration.statements))
      if (!word.includes("@")) this.#structure.add(word.toLowerCase());
    for (const address of addresseesIn(configuration.statements))
      if (address.includes("@") && !isNobodys(address)) this.#learn(address, MAIL_ADDRESS);
    for (const file of configuration.files.keys()) this.#configurations.add(named(file));
    const lines = [...configuration.files.keys()].flatMap((file) =>
      (texts.get(file) ?? "").split("\n").map((text, index) => ({ file: named(file), number: index + 1, text })),
    );
    for (const { file, number, text } of lines)
      if (/^[ \t]*(?:@\S+[ \t]+)?(?:\$\w+=|~(?:SEQ|LST))/.test(text)) this.#definitions.add(`${file}:${number}`);
    for (const statement of passwordsIn(configuration.statements)) {
      const [value = ""] = statement.words;
      if (value === "") continue;
      this.#learn(value, "auth_pass");
      const bytes = Buffer.from(value);
      if (bytes.length > COUNTED) this.#counted.add(bytes.subarray(0, COUNTED).toString());
      const at = { file: named(statement.file), at: statement.line };
      const raw = lines.find(({ file, number }) => file === at.file && number === at.at)?.text ?? "";
      this.#learnPieces(/(?<!\w)auth_pas\w*[ \t]+(\S+)/i.exec(raw)?.[1] ?? "", lines, at);
    }
  }

  /** Learns the secrets that a text shows. */
  learnText(file: string, text: string): void {
    for (const [, , body = ""] of text.matchAll(privateKey))
      if (!isMasked(body.trim())) this.#learn(body.trim(), "private key");
    for (const line of linesOf(withoutKeys(text)))
      for (const { kind, value } of this.#secretsIn(file, line, text)) this.#learn(value, kind);
  }

  /** Learns the secrets that the texts in data show. */
  learnJson(file: string, data: unknown): void {
    for (const [, text] of stringsIn(data)) this.learnText(file, text);
  }

  /** The text without secrets. It has the same lines. */
  text(file: string, text: string): string {
    return this.#text(file, text, (line) => line, { isJson: false });
  }

  /** The data without secrets, names of its properties included. */
  json(file: string, data: unknown, path = ""): unknown {
    if (typeof data === "string") return this.#text(file, data, () => path, { isJson: true });
    if (Array.isArray(data)) return data.map((one, index) => this.json(file, one, `${path}/${index}`));
    if (typeof data !== "object" || data === null) return data;
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) => {
        const at = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        return [this.#text(file, name, () => path, { isJson: true }), this.json(file, value, at)];
      }),
    );
  }

  /** The kinds of secrets whose text is somewhere in bytes. Short ones are in anything. */
  survivorsIn(bytes: Buffer): string[] {
    return [...this.#secrets]
      .filter(([value]) => value.length >= TELLING && !this.#isCommon(value) && bytes.includes(value))
      .map(([, kind]) => kind);
  }

  #learn(value: string, kind: string): void {
    if (value === "") return;
    if (!this.#secrets.has(value) || kind === "auth_pass") this.#secrets.set(value, kind);
  }

  /** A password of which a part is written and a part is a parameter's: the parts are hidden where they stand. */
  #learnPieces(
    word: string,
    lines: readonly { file: string; number: number; text: string }[],
    at: Pick<Doubt, "file" | "at">,
  ): void {
    const reference = /\$(?:\{(\w+)\}|(\w+))/g;
    const isDefined = (name: string) => lines.some(({ text }) => definitionIn(text)?.name === name);
    const names = [...word.matchAll(reference)]
      .map(([, braced, plain]) => braced ?? (plain as string))
      .filter(isDefined);
    const literals = word
      .replaceAll('"', "")
      .split(reference)
      .filter((one, index) => index % 3 === 0 && one !== "");
    if (names.length === 0 || (names.length === 1 && literals.length === 0)) return;
    const values = lines.flatMap(({ text }) => {
      const definition = definitionIn(text);
      return definition && names.includes(definition.name) && !definition.value.startsWith("$")
        ? [definition.value]
        : [];
    });
    for (const piece of [...literals, ...values]) this.#pieces.add(piece);
    this.doubts.push({
      ...at,
      why: "the auth_pass is put together from parameters; its parts were replaced by x, and may differ between directors where they did not",
    });
  }

  /** The secrets of a line; all of it, if its file is one for secrets. */
  #secretsIn(file: string, line: string, whole: string): Found[] {
    const found = secretsIn(line);
    const name = file.split("/").at(-1) ?? "";
    const isOneForSecrets = secretFile.test(name) && !/\.(?:json|ya?ml)$/.test(name) && !whole.startsWith("#!");
    if (found.length > 0 || !isOneForSecrets || this.#configurations.has(file)) return found;
    const value = line.trim();
    if (value === "" || /^[#;!]/.test(value)) return [];
    const from = line.indexOf(value);
    return [{ kind: "line of a file for secrets", from, to: from + value.length, value }];
  }

  #text(
    file: string,
    text: string,
    place: (line: number) => number | string,
    { isJson }: { readonly isJson: boolean },
  ): string {
    const keysHidden = text.replace(privateKey, (key: string, begin: string, body: string, at: number) => {
      if (isMasked(body.trim())) return key;
      this.replaced.push({ kind: "private key", file, at: place(linesOf(text.slice(0, at)).length) });
      const placeholder = this.#placeholderOf(body.trim(), "private key");
      return begin + body.replace(/^([ \t]*)(?:\S.*?)(\\n)?(\r?)$/gm, `$1${placeholder}$2$3`);
    });
    return linesOf(keysHidden)
      .map((line, index) => this.#line(file, line, place(index + 1), { isJson, whole: text }))
      .join("\n");
  }

  #line(
    file: string,
    line: string,
    at: number | string,
    { isJson, whole }: { readonly isJson: boolean; readonly whole: string },
  ): string {
    const isDefinition = this.#definitions.has(`${file}:${at}`);
    const parts: string[] = [];
    let end = 0;
    let changed = false;
    const shortest = isJson ? NOTABLE : TELLING;
    const keep = (text: string): void => {
      const { result, kinds } = this.#elsewhere(text, { isDefinition, shortest });
      for (const kind of kinds) this.replaced.push({ kind, file, at });
      changed ||= kinds.length > 0;
      parts.push(result);
    };
    for (const { kind, from, to, value } of this.#secretsIn(file, line, whole)) {
      keep(line.slice(end, from));
      const isPieced = value.includes("$") && [...this.#pieces].some((piece) => value.includes(piece));
      parts.push(isPieced ? piecesHidden(value) : this.#placeholderOf(value, kind));
      this.replaced.push({ kind: this.#secrets.get(value) ?? kind, file, at });
      changed = true;
      end = to;
    }
    keep(line.slice(end));
    const result = parts.join("");
    this.#doubt(file, result, at, { changed, isJson });
    return result;
  }

  /** Replaces known secrets in a text where nothing says that they are some. */
  #elsewhere(
    text: string,
    { isDefinition, shortest }: { readonly isDefinition: boolean; readonly shortest: number },
  ): { result: string; kinds: string[] } {
    const kinds: string[] = [];
    let result = text;
    if (isDefinition)
      for (const piece of this.#pieces)
        result = replaceWords(result, piece, () => {
          kinds.push("auth_pass");
          return "x".repeat(piece.length);
        });
    for (const [value, kind] of this.#longestFirst()) {
      const isWanted = (isDefinition && kind === "auth_pass") || (value.length >= shortest && !this.#isCommon(value));
      if (isWanted && result.includes(value))
        result = replaceWords(result, value, () => {
          kinds.push(kind);
          return this.#placeholderOf(value, kind);
        });
    }
    return { result, kinds };
  }

  #longestFirst(): [string, string][] {
    const counted = [...this.#counted].map((value): [string, string] => [value, "auth_pass"]);
    return [...counted, ...this.#secrets].sort(([one], [other]) => other.length - one.length);
  }

  #placeholderOf(value: string, kind: string): string {
    const known = this.#secrets.get(value) ?? kind;
    if (known === MAIL_ADDRESS) return this.placeholders.ofAddress(value);
    return known === "auth_pass" ? this.placeholders.ofPassword(value) : this.placeholders.of(value);
  }

  #isCommon(value: string): boolean {
    const word = value.toLowerCase();
    return common.has(word) || this.#structure.has(word);
  }

  /** Says where it is not sure that nothing is left. */
  #doubt(
    file: string,
    line: string,
    at: number | string,
    { changed, isJson }: { readonly changed: boolean; readonly isJson: boolean },
  ): void {
    const say = (why: string): void => void this.doubts.push({ file, at, why });
    for (const [value, kind] of this.#secrets)
      if (value.length >= NOTABLE && !this.#isCommon(value) && line.includes(value))
        say(`the text of a secret (${kind}) stands here as well, in a word or as a short one, and was left`);
    if (isJson) return;
    const word = mention.exec(line.replace(/lint: allow.*/, ""))?.[0];
    if (!changed && word !== undefined && !/auth_pass[ \t]+"?\$/.test(line))
      say(`it says \`${word}\`, and nothing was replaced`);
    const random = line.match(/[A-Za-z0-9+_-]{24,}/g)?.some(isRandom) ?? false;
    if (random) say("a long word that may be a key, and was left");
  }
}

/** Whether a word is made of letters and digits as nobody writes them. Placeholders are none. */
const isRandom = (word: string): boolean =>
  !word.startsWith("hidd") &&
  (/^[0-9a-f]{32,}$/i.test(word) || (/\d/.test(word) && /[a-z]/.test(word) && /[A-Z]/.test(word)));

/** Replaces a text where it is a word of its own. */
function replaceWords(text: string, word: string, by: () => string): string {
  const isPart = (character: string | undefined): boolean => character !== undefined && /\w/.test(character);
  let result = "";
  let from = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, Math.max(from, at + 1))) {
    if (isPart(text[at - 1]) || isPart(text[at + word.length])) continue;
    result += text.slice(from, at) + by();
    from = at + word.length;
  }
  return result + text.slice(from);
}

/** What stands for a password of parts: its parameters, and x for what is written beside them. */
const piecesHidden = (word: string): string =>
  word
    .split(/(\$\{\w+\}|\$\w+)/)
    .map((part) => (part.startsWith("$") ? part : "x".repeat(part.length)))
    .join("");

/** The parameter that a line of a configuration defines, with the first word of its value. */
function definitionIn(line: string): { name: string; value: string } | undefined {
  const [, name, value] = /^[ \t]*(?:@\S+[ \t]+)?\$(\w+)=[ \t]*(\S*)/.exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : { name, value };
}

const linesOf = (text: string): string[] => text.split("\n");

const withoutKeys = (text: string): string => text.replace(privateKey, "$1");

/** All texts in data, with their places. */
function* stringsIn(data: unknown, path = ""): Generator<[path: string, text: string]> {
  if (typeof data === "string") yield [path, data];
  else if (typeof data === "object" && data !== null)
    for (const [name, value] of Object.entries(data)) yield* stringsIn(value, `${path}/${name}`);
}

const passwordsIn = (statements: readonly Statement[]): Statement[] =>
  statements.flatMap((one) => [...(/^auth_pas\w*$/i.test(one.keyword) ? [one] : []), ...passwordsIn(one.block ?? [])]);

/** Whom mail is sent to and from: keepalived.conf(5), "GLOBAL CONFIGURATION". */
const addresseesIn = (statements: readonly Statement[]): string[] =>
  statements.flatMap(({ keyword, words, block }) => {
    if (keyword === "notification_email") return (block ?? []).map((one) => one.keyword);
    if (keyword === "notification_email_from") return words.slice(0, 1);
    return addresseesIn(block ?? []);
  });

/** The keywords of a configuration, and the names in it. */
const wordsIn = (statements: readonly Statement[]): string[] =>
  statements.flatMap(({ keyword, words, block }) => [keyword, ...(block ? words : []), ...wordsIn(block ?? [])]);
