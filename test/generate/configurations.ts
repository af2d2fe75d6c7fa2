import fc from "fast-check";

/*
 * Configurations of keepalived at random, each as a plain text and as files with the same meaning in any syntax that keepalived.conf(5) has: conditions,
 * parameters, sequences, lists, includes, quotes, comments, braces anywhere.
 */

/** A statement, with its block if it has one. */
interface Statement {
  readonly words: readonly string[];
  readonly block?: readonly Statement[];
}

const statement = (words: string, block?: readonly Statement[]): Statement => ({
  words: words.match(/"[^"]*"|\S+/g) ?? [],
  ...(block ? { block } : {}),
});

export interface GeneratedConfiguration {
  /** One file, a statement on each line. */
  readonly plain: string;
  /** The same in any syntax. The first file is keepalived.conf. */
  readonly files: Readonly<Record<string, string>>;
}

/** The name that the configurations' conditions ask for. */
export const CONFIG_ID = "lb1";

export const configurations: fc.Arbitrary<GeneratedConfiguration> = fc.gen().map((draw) => {
  const statements = draw(drawnStatements);
  return { plain: `${plainLines(statements).join("\n")}\n`, files: new Writer(draw).write(statements) };
});

/* What it says. */

const chance = fc.boolean();

const address = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 254 }))
  .map(([net, host]) => `10.0.${net}.${host}`);

/** Often some that follow one another. */
const addresses = fc.oneof(
  fc.uniqueArray(address, { minLength: 1, maxLength: 5 }),
  fc
    .record({
      first: fc.integer({ min: 1, max: 99 }),
      step: fc.integer({ min: 1, max: 20 }),
      count: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ first, step, count }) => Array.from({ length: count }, (_, index) => `10.0.9.${first + index * step}`)),
);

const optional = (arbitrary: fc.Arbitrary<string>) =>
  fc.option(arbitrary, { nil: undefined }).map((one) => (one === undefined ? [] : [statement(one)]));

const scripts = fc.uniqueArray(fc.constantFrom("chk_a", "chk-b", "c"), { maxLength: 3 });

const script = (name: string) =>
  fc
    .tuple(
      fc.constantFrom('"/usr/bin/true"', "/usr/bin/true", '"/usr/bin/test -d /tmp"', "\"/usr/bin/printf 'a b' #c\""),
      optional(fc.integer({ min: 2, max: 9 }).map((seconds) => `interval ${seconds}`)),
      optional(fc.integer({ min: -253, max: 253 }).map((weight) => `weight ${weight}`)),
      optional(fc.integer({ min: 1, max: 5 }).map((count) => `rise ${count}`)),
      optional(fc.integer({ min: 1, max: 5 }).map((count) => `fall ${count}`)),
    )
    .map(([command, ...rest]) => statement(`vrrp_script ${name}`, [statement(`script ${command}`), ...rest.flat()]));

/** @param known the scripts that it may track; a group ignores what its members track with a weight */
const instance = (number: number, known: readonly string[], grouped: boolean) =>
  fc
    .record({
      state: optional(fc.constantFrom("state MASTER", "state BACKUP")),
      priority: fc.integer({ min: 1, max: 254 }),
      interval: optional(fc.integer({ min: 1, max: 9 }).map((seconds) => `advert_int ${seconds}`)),
      version: optional(fc.constantFrom("version 2", "version 3")),
      device: fc.integer({ min: 0, max: 3 }),
      addresses,
      length: fc.constantFrom("", "/24", "/32"),
      excluded: fc.option(addresses, { nil: undefined }),
      peers: fc.option(addresses, { nil: undefined }),
      tracked: fc.subarray(grouped ? [] : [...known]),
      interfaces: fc.subarray(grouped ? [] : ["eth0", "eth1", "eth2", "eth3"]),
      weight: fc.option(fc.integer({ min: -253, max: 253 }), { nil: undefined }),
      password: fc.option(fc.stringMatching(/^[a-z0-9]{1,8}$/), { nil: undefined }),
    })
    .map((drawn) => {
      const interfaces = drawn.interfaces.filter((one) => one !== `eth${drawn.device}`);
      const weight = drawn.weight === undefined ? "" : ` weight ${drawn.weight}`;
      const block = [
        ...drawn.state,
        statement(`interface eth${drawn.device}`),
        statement(`virtual_router_id ${number}`),
        statement(`priority ${drawn.priority}`),
        ...drawn.interval,
        ...drawn.version,
        // The first addresses say which family it is.
        statement(
          "virtual_ipaddress",
          drawn.addresses.map((one) => statement(`${one}${drawn.length}`)),
        ),
        ...(drawn.excluded
          ? [
              statement(
                "virtual_ipaddress_excluded",
                drawn.excluded.map((one) => statement(one)),
              ),
            ]
          : []),
        ...(drawn.peers
          ? [
              statement(
                "unicast_peer",
                drawn.peers.map((one) => statement(one)),
              ),
            ]
          : []),
        ...(drawn.tracked.length > 0
          ? [
              statement(
                "track_script",
                drawn.tracked.map((one) => statement(`${one}${weight}`)),
              ),
            ]
          : []),
        ...(interfaces.length > 0
          ? [
              statement(
                "track_interface",
                interfaces.map((one) => statement(`${one}${weight}`)),
              ),
            ]
          : []),
        // Version 3 has none.
        ...(drawn.password && drawn.version[0]?.words[1] !== "3"
          ? [statement("authentication", [statement("auth_type PASS"), statement(`auth_pass ${drawn.password}`)])]
          : []),
      ];
      return statement(`vrrp_instance V${number}`, block);
    });

const virtualServer = (port: number) =>
  fc
    .tuple(addresses, addresses, fc.constantFrom("rr", "wrr", "wlc"), fc.constantFrom("TCP", "UDP"))
    .map(([[vip], reals, scheduler, protocol]) =>
      statement(`virtual_server ${vip} ${port}`, [
        statement("delay_loop 6"),
        statement(`lb_algo ${scheduler}`),
        statement("lb_kind DR"),
        statement(`protocol ${protocol}`),
        ...reals.map((one, index) => statement(`real_server ${one} ${port}`, [statement(`weight ${index + 1}`)])),
      ]),
    );

const drawnStatements = () =>
  fc.tuple(scripts, chance).chain(([names, grouped]) =>
    fc
      .tuple(
        fc.tuple(...names.map(script)),
        several(grouped ? 2 : 1, 3, (index) => instance(51 + index, names, grouped)),
        several(0, 2, (index) => virtualServer(80 + index)),
      )
      .map(([all, instances, services]) => [
        statement("global_defs", [
          statement("router_id one"),
          statement("script_user root"),
          statement("enable_script_security"),
        ]),
        ...all,
        ...(grouped
          ? [
              statement("vrrp_sync_group G", [
                statement(
                  "group",
                  instances.map(({ words: [, name = ""] }) => statement(name)),
                ),
              ]),
            ]
          : []),
        ...instances,
        ...services,
      ]),
  );

function several<T>(min: number, max: number, arbitrary: (index: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc
    .integer({ min, max })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => arbitrary(index))));
}

const plainLines = (statements: readonly Statement[]): string[] =>
  statements.flatMap(({ words, block }) =>
    block ? [`${words.join(" ")} {`, ...plainLines(block), "}"] : [words.join(" ")],
  );

/* How it says it. */

/** A part of a line, or a whole one. */
interface Part {
  readonly text: string;
  readonly brace?: true;
  /** Whether it may stand behind a brace, or before one, on one line. */
  readonly left: boolean;
  readonly right: boolean;
}

/** Where parts are written. */
interface Context {
  /** The directory of the file, with a slash at its end; undefined in a parameter of several lines. */
  readonly directory?: string;
  /** Lines that come before the parameter of several lines. */
  readonly before: string[];
}

const brace = (text: "{" | "}"): Part => ({ text, brace: true, left: true, right: true });

/** Draws, by builders that are the same ones each time. */
type Draw = fc.GeneratorValue;

const percent = () => fc.integer({ min: 0, max: 99 });
const upTo = (max: number) => fc.integer({ min: 0, max });

class Writer {
  readonly #draw: Draw;
  readonly #files: Record<string, string> = {};
  #names = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  write(statements: readonly Statement[]): Readonly<Record<string, string>> {
    this.#file("", "keepalived.conf", statements);
    return this.#files;
  }

  #happens(chancePercent: number): boolean {
    return this.#draw(percent) >= 100 - chancePercent;
  }

  #one<T>(...choices: readonly T[]): T {
    return choices[this.#draw(upTo, choices.length - 1)] as T;
  }

  #name(): string {
    return `${this.#one("P", "a_", "_x", "Name")}${this.#names++}`;
  }

  #file(directory: string, name: string, statements: readonly Statement[]): void {
    const newline = this.#one("\n", "\n", "\r\n");
    const before: string[] = [];
    const lines = this.#lines(this.#parts(statements, { directory, before }), { directory, before });
    this.#files[`${directory}${name}`] = [...before, ...lines].join(newline) + this.#one(newline, "");
  }

  /** Parts, on as few or as many lines as it happens. */
  #lines(parts: readonly Part[], context: Context): string[] {
    const lines: string[] = [];
    let last: Part | undefined;
    for (const part of parts) {
      const joins = last && ((last.brace && part.left) || (part.brace && last.right)) && this.#happens(40);
      // `$NAME` ends at a blank.
      if (joins)
        lines.push(lines.pop() + this.#one(/\$\w+$/.test((last as Part).text) ? " " : "", " ", "\t ") + part.text);
      else {
        if (context.directory !== undefined && this.#happens(10))
          lines.push(this.#one("", "  ", "# }", '\t! { "', "#"));
        lines.push(part.text);
      }
      last = part;
    }
    return lines.map((line) => {
      const comment = line !== "" && this.#happens(10) ? this.#one(" # no {", "#", '\t! } "quoted', " ##!") : "";
      return `${this.#one("", "", "    ", "\t", " \t ")}${line}${comment}${this.#one("", "", " ", "\t")}`;
    });
  }

  #parts(statements: readonly Statement[], context: Context): Part[] {
    const parts: Part[] = [];
    for (let at = 0; at < statements.length; ) {
      if (this.#happens(6))
        parts.push({
          text: `${this.#one("@lb2", "@^lb1", "@")} ${this.#one("junk", "junk {", "} }", "$P0=junk")}`,
          left: true,
          right: false,
        });
      const count = 1 + this.#draw(upTo, Math.min(4, statements.length - at) - 1);
      const some = statements.slice(at, at + count);
      const way = this.#draw(percent);
      const written =
        way >= 92 && context.directory !== undefined
          ? this.#included(some, context.directory)
          : way >= 84
            ? this.#parameter(some, context)
            : way >= 60
              ? this.#repeated(some)
              : undefined;
      parts.push(...(written ?? this.#statement(some[0] as Statement, context)));
      at += written ? count : 1;
    }
    return parts;
  }

  #statement({ words, block }: Statement, context: Context): Part[] {
    const definitions: Part[] = [];
    const text = words.map((word) => this.#word(word, definitions)).join(this.#one(" ", " ", "\t", "  "));
    const condition = this.#happens(8) ? `${this.#one("@lb1", "@^lb2", "@^")}${this.#one(" ", "\t ")}` : "";
    const head = { text: `${condition}${text}`, left: true, right: true };
    if (!block) return [...definitions, head];
    return [...definitions, head, brace("{"), ...this.#parts(block, context), brace("}")];
  }

  #word(word: string, definitions: Part[]): string {
    const way = this.#draw(percent);
    if (way < 75 || !/^[\w./:-]+$/.test(word)) return word;
    // What follows a quoted "script" is cut otherwise.
    if (way < 85) return word === "script" ? word : `"${word}"`;
    const name = this.#name();
    const [from, to] = [this.#draw(upTo, word.length), this.#draw(upTo, word.length)].sort(
      (one, other) => one - other,
    ) as [number, number];
    const whole = this.#happens(30);
    let value = whole ? word : word.slice(from, to);
    if (this.#happens(20)) {
      const inner = this.#name();
      definitions.push({ text: `$${inner}=${value.slice(1)}`, left: true, right: false });
      value = `${value.slice(0, 1)}\${${inner}}`;
    }
    if (this.#happens(20)) definitions.push({ text: `@lb1 $${name}=wrong`, left: true, right: false });
    definitions.push({ text: `${this.#one("", "@lb1 ")}$${name}=${value}`, left: true, right: false });
    return whole ? this.#one(`$${name}`, `\${${name}}`) : `${word.slice(0, from)}\${${name}}${word.slice(to)}`;
  }

  #included(statements: readonly Statement[], directory: string): Part[] {
    const number = this.#names++;
    const [folder, name] = [this.#one("", "", `d${number}/`, `d${number}/in/`), `f${number}${this.#one(".conf", "")}`];
    this.#file(`${directory}${folder}`, name, statements);
    const path = this.#one(
      ...[`${folder}${name}`, `/etc/keepalived/${directory}${folder}${name}`, `${folder}[f]${name.slice(1)}`],
      ...[`${folder}{,no}${name}`, `${folder}?${name.slice(1)}`, `${folder}${name.replace(".conf", ".c*")}`],
    );
    return [{ text: `include${this.#one("", "r")}${this.#one(" ", "\t")}${path}`, left: false, right: false }];
  }

  /** A parameter of several lines; none whose value begins with a condition, which keepalived 2.2.7 cuts at a wrong place. */
  #parameter(statements: readonly Statement[], { directory, before }: Context): Part[] | undefined {
    const name = this.#name();
    const inside: Context = { before };
    const lines = this.#lines(this.#parts(statements, inside), inside);
    if (lines[0]?.trim().startsWith("@")) return undefined;
    const definition = [`$${name}=`, ...lines].map((line, index) => (index === lines.length ? line : `${line} \\`));
    // One in another one is defined before it.
    if (directory === undefined) before.push(definition.join("\n"));
    const use: Part = { text: this.#one(`$${name}`, `\${${name}}`), left: true, right: false };
    return directory === undefined ? [use] : [{ text: definition.join("\n"), left: false, right: false }, use];
  }

  /** A list or a sequence, if the statements are alike. */
  #repeated(statements: readonly Statement[]): Part[] | undefined {
    const words = statements.map((one) => (one.block || one.words.length > 1 ? "" : (one.words[0] ?? "")));
    const ends = words.map((word) => /^(.*\.)(\d+)(\/\d+)?$/.exec(word));
    if (!words.every((word) => /^[\w./:-]+$/.test(word))) return undefined;
    const [name, other] = [this.#name(), this.#name()];
    const numbers = ends.map((end) => Number(end?.[2]));
    const [start = 0, second = start + 1] = numbers;
    const isSequence = ends.every(
      (end, index) =>
        end?.[1] === ends[0]?.[1] && end?.[3] === ends[0]?.[3] && numbers[index] === start + index * (second - start),
    );
    const gap = () => this.#one("", " ");
    const blank = this.#one(" ", "", "\t");
    if (isSequence && ends[0] && this.#happens(60)) {
      const step = second - start;
      const last = numbers.at(-1) as number;
      const end =
        numbers.length > 1 ? Math.max(0, last + Math.sign(step) * this.#draw(upTo, Math.abs(step) - 1)) : last;
      const bounds = [this.#number(start), ...(step === 1 && this.#happens(50) ? [] : [`${step}`]), this.#number(end)];
      return [
        {
          text: `~SEQ${gap()}(${[name, ...bounds].join(`${gap()},${gap()}`)})${blank}${ends[0][1]}\${${name}}${ends[0][3] ?? ""}`,
          left: true,
          right: false,
        },
      ];
    }
    if (ends.every((end) => end !== null) && this.#happens(40)) {
      const sets = ends.map((end) => `{${end?.[1]},${gap()}${end?.[2]}${end?.[3] ?? ""}}`);
      return [
        {
          text: `~LST({${name}, ${other}}, ${sets.join(`,${gap()}`)})${blank}\${${name}}\${${other}}`,
          left: true,
          right: false,
        },
      ];
    }
    return [
      {
        text: `~LST(${[name, ...words].join(`,${gap()}`)})${blank}${this.#one(`$${name}`, `\${${name}}`)}`,
        left: true,
        right: false,
      },
    ];
  }

  #number(value: number): string {
    return this.#one(`${value}`, `${value}`, `0x${value.toString(16)}`, `0${value.toString(8)}`);
  }
}
