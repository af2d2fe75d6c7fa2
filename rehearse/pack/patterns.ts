/** A place where secrets stand: right behind what `before` matches, on the same line. */
export interface SecretPattern {
  /** What it is, for people. */
  readonly kind: string;
  readonly before: RegExp;
  /** How the secret is written; if absent, a word, perhaps in quotes. Sticky. */
  readonly value?: RegExp;
  /** `USER:PASSWORD`: the secret is what stands behind the first colon. */
  readonly isPair?: true;
  /** Its form alone says that it is one: nothing that looks like a variable or a path is excepted. */
  readonly isCertain?: true;
}

export const MAIL_ADDRESS = "mail address";

/** keepalived's word: keepalived.conf(5), "DESCRIPTION". A backslash at the end of a line continues it. */
const keepalivedWord = /"([^"]*)"?|((?:\$\{\w+\}|\\[#!]|\\(?!\s*$)|[^\s"#!{}\\])+)/y;

/** What a name of a secret ends with. */
const secretName =
  "(?:pass(?:word|wd|phrase|wort)?|(?<![a-z])pwd?|secret|token|api[_-]?key|(?:access|secret|private|auth|account)[_-]?key|credentials?|community)";

/** An option of some programs: before it, anything of the same command. */
const optionOf = (programs: string, option: string): RegExp =>
  new RegExp(`(?=${option})(?<=(?<![\\w-])(?:${programs})(?![\\w-])[^|;&]*[ \\t])${option}`, "g");

/** A mail address: RFC 5321, section 4.1.2, as people write them, in a domain with a dot. */
const address = "[\\w.+%-]+@(?:[A-Za-z0-9-]+\\.)+[A-Za-z][A-Za-z0-9-]+";

/** Where secrets stand in configurations and scripts. */
export const secretPatterns: readonly SecretPattern[] = [
  { kind: "auth_pass", before: /(?<!\w)auth_pas\w*[ \t]+/gi, value: keepalivedWord }, // also where it is misspelt
  // What somebody took for a part of it: keepalived takes it for a comment.
  {
    kind: "rest of an auth_pass",
    before: /(?<!\w)auth_pas\w*[ \t]+[^\s"#!]+[#!](?=[^\s"])/gi,
    value: /([^\s"]+)/y,
    isCertain: true,
  },

  // NAME=…, name: …, "name": …, --name=…; names such as bypass end with another word.
  {
    kind: "password or token",
    before: new RegExp(
      `(?<![\\w?&.-])[\\w.-]*?(?<!by|com|sur|tres)${secretName}\\d*["']?[ \\t]*(?:=>|={1,2}|:(?!//))[ \\t]*`,
      "gi",
    ),
  },
  // --name VALUE, -name VALUE. openssl's pass:VALUE is found by the row above.
  {
    kind: "password or token",
    before: new RegExp(`(?<![\\w-])--?(?:[a-z]+-)*${secretName}[ \\t]+(?!-|(?:pass|env|file|fd):|stdin\\b)`, "gi"),
  },
  // name VALUE in files of other programs. In a sentence a word with letters alone follows.
  {
    kind: "password or token",
    before:
      /(?<![\w-])(?:(?:insecure-|smtp[_-]?)?passw(?:or)?d|secret|requirepass|masterauth|identified[ \t]+by(?:[ \t]+password)?)[ \t]+/gi,
    value: /"([^"]+)"|'([^']+)'|((?=\S*\d)[^\s"';|&<>(){}=:]{4,})/y,
  },

  { kind: "password", before: /(?<![\w-])(?:mysql|mariadb)[\w-]*(?![\w-])[^|;&]*?[ \t]-p(?=\S)/g },
  { kind: "password", before: optionOf("sshpass|check_mysql|check_pgsql", "-p[ \\t]*") },
  { kind: "password", before: optionOf("redis-cli", "-a[ \\t]+") },
  { kind: "password", before: optionOf("ldap\\w+", "-w[ \\t]*") },
  { kind: "password", before: optionOf("ipmitool|mosquitto_\\w+|check_ldap", "-P[ \\t]*") },
  { kind: "password", before: optionOf("swaks", "-ap[ \\t]+") },
  { kind: "password", before: optionOf("snmp\\w+|check_snmp", "-[AX][ \\t]*") },
  {
    kind: "password",
    before: optionOf("curl", "(?:-[A-Za-z]*[uU][ \\t]*|--(?:proxy-)?user(?:[ \\t]+|=))"),
    isPair: true,
  },
  { kind: "password", before: optionOf("check_http", "-a[ \\t]*"), isPair: true },
  { kind: "password", before: /(?<!\w)stats[ \t]+auth[ \t]+/g, isPair: true },
  { kind: "password", before: /(?<!\w)echo[ \t]+(?:-n[ \t]+)?(?=[^|]*:[^|]*\|[^|]*\bchpasswd\b)/g, isPair: true },
  {
    kind: "password",
    before: /(?<!\w)echo[ \t]+(?:-n[ \t]+)?(?=[^|]*\|[^|]*(?:\bsudo[ \t]+-S|\bpasswd[ \t]+--stdin|--password-stdin))/g,
  },
  { kind: "password", before: /(?<!\w)AUTH[ \t]+(?:PLAIN|LOGIN)[ \t]+(?=[A-Za-z0-9+/]{8})/g },
  {
    kind: "password hash",
    before: /(?<![\w$])(?=\$(?:1|2[aby]?|5|6|y|apr1)\$)/g,
    value: /(\$[\w.]+\$[\w./$=,-]{20,})/y,
    isCertain: true,
  },

  // Between `//USER:` and `@` of a URL: RFC 3986, section 3.2.1.
  {
    kind: "password in a URL",
    before: /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/@:"'<>]*:/g,
    value: /([^\s/@"'<>]+)(?=@)/y,
  },
  {
    kind: "token in a URL",
    before: /[?&;][\w.-]*(?:token|key|pass(?:word|wd)?|pwd|secret|sig(?:nature)?|auth)=/gi,
    value: /([^\s&"'<>#;]+)/y,
  },
  {
    kind: "token in a URL",
    before: /(?:hooks\.slack\.com\/(?:services|workflows)|discord(?:app)?\.com\/api\/webhooks)\//g,
    value: /([\w/-]+)/y,
    isCertain: true,
  },
  { kind: "token in a URL", before: /api\.telegram\.org\/bot/g, value: /(\d+:[\w-]+)/y, isCertain: true },

  { kind: "token", before: /(?<!\w)Authorization["']?[ \t]*[:=][ \t]*["']?(?:Basic|Bearer|Token|ApiKey)[ \t]+/gi },
  { kind: "token", before: /(?<!\w)(?:X-[\w-]*(?:Token|Key|Auth|Secret)[\w-]*|Cookie)["']?[ \t]*:[ \t]*/gi },
  {
    kind: "token",
    before: /(?<![\w-])(?=(?:gh[pousr]_|github_pat_|glpat-|xox[abposr]-|A[KS]IA[A-Z0-9]{12}|eyJ[\w-]{10,}\.))/g,
    value: /([\w.-]{16,})/y,
    isCertain: true,
  },

  // snmpd.conf(5), snmpd.examples(5), snmpcmd(1).
  { kind: "SNMP community", before: /(?<!\w)(?:r[ow]community6?|trapcommunity)[ \t]+/g },
  { kind: "SNMP community", before: /(?<!\w)com2sec6?[ \t]+(?:-Cn[ \t]+\S+[ \t]+)?\S+[ \t]+\S+[ \t]+/g },
  { kind: "SNMP community", before: /(?<!\w)(?:trap2?sink|informsink|authcommunity)[ \t]+\S+[ \t]+/g },
  { kind: "SNMP community", before: optionOf("snmp\\w+", "-c[ \\t]*") },
  { kind: "SNMP community", before: optionOf("check_snmp", "-C[ \\t]*") },
  { kind: "SNMP community", before: /(?<!\w)snmp\S*[ \t]+community[ \t]+/gi },
  { kind: "password", before: /(?<!\w)createUser[ \t]+\S+[ \t]+(?:MD5|SHA\S*)[ \t]+/g },
  {
    kind: "password",
    before: /(?<!\w)createUser[ \t]+\S+[ \t]+(?:MD5|SHA\S*)[ \t]+(?:"[^"]*"|\S+)[ \t]+(?:DES|AES\S*)[ \t]+/g,
  },

  // Neither USER@ of a URL nor where a command logs in.
  {
    kind: MAIL_ADDRESS,
    before: new RegExp(
      `(?<![\\w.+%-])(?=${address})(?<!:\\/\\/[^\\s/@"']*)(?<!(?<![\\w-])(?:ssh|scp|sftp|rsync|git|mosh)(?!\\w)[^|;&]*)`,
      "g",
    ),
    value: new RegExp(`(${address})`, "y"),
    isCertain: true,
  },
];

/** A private key in PEM (RFC 7468) or of PGP: its first line, and what is between that and its last line, or what there is of it. */
export const privateKey =
  /(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)([^"'$`]*?(?=-----END )|(?:(?:\r?\n|\\n)[ \t]*[A-Za-z0-9+/=]{16,}[ \t]*)+)/g;

/** Names of files that hold a secret and nothing else. */
export const secretFile =
  /(?:^|[._-])(?:pass(?:wd|word|wort|phrase)?|pw|secrets?|tokens?|cred(?:ential)?s?|htpasswd|pgpass|api-?key)(?:[._-]|$)/i;

/** Words that tell of a secret nearby. */
export const mention =
  /pass(?:word|wd|phrase)|secret|credential|api[_ -]?key|private[_ -]?key|\btokens?\b|\bcommunity\b/i;

/** A secret's place on a line. */
export interface Found {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** As its program reads it. */
  readonly value: string;
}

/** The secrets of a line, without overlaps, from left to right. */
export function secretsIn(line: string): Found[] {
  const found = secretPatterns.flatMap((pattern) =>
    [...line.matchAll(pattern.before)].flatMap((match) => valueAt(line, match.index + match[0].length, pattern) ?? []),
  );
  const merged: Found[] = [];
  for (const one of found.sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = merged.at(-1);
    if (!last || one.from >= last.to) merged.push(one);
    else if (one.to > last.to)
      merged[merged.length - 1] = { ...last, to: one.to, value: line.slice(last.from, one.to) };
  }
  return merged;
}

/** A word of a shell or of a file like it; of one in quotes, which may be escaped themselves, what is inside. */
const quotedWord = /(\\?["'])(.*?)\1/y;
const plainWord = /(?:\\.|[^\s"'`\\])+/y;

function valueAt(line: string, at: number, { kind, value, isPair, isCertain }: SecretPattern): Found | undefined {
  const place = value ? groupAt(line, at, value) : wordAt(line, at);
  if (!place) return undefined;
  let { from, text } = place;
  if (isPair) {
    const colon = text.indexOf(":");
    if (colon < 0) return undefined;
    from += colon + 1;
    text = text.slice(colon + 1);
  }
  if (text === "" || isMasked(text)) return undefined;
  if (kind === MAIL_ADDRESS && isNobodys(text)) return undefined;
  if (kind === "auth_pass") {
    const isStatement = /^[\s{]*(?:@\S+[ \t]+)?auth_pas\w*[ \t]+"?$/i.test(line.slice(0, from));
    if (isParameter(text) || (!isStatement && isOfSentence(text))) return undefined;
    return { kind, from, to: from + text.length, value: text.replace(/\\([#!])/g, "$1") };
  }
  return isCertain || !isNoSecret(text) ? { kind, from, to: from + text.length, value: text } : undefined;
}

interface Text {
  readonly from: number;
  readonly text: string;
}

/** What the first group that matches has. */
function groupAt(line: string, at: number, pattern: RegExp): Text | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(line);
  const text = match?.slice(1).find((one) => one !== undefined);
  return match && text !== undefined ? { from: at + match[0].indexOf(text), text } : undefined;
}

function wordAt(line: string, at: number): Text | undefined {
  quotedWord.lastIndex = at;
  const [, quote, inside] = quotedWord.exec(line) ?? [];
  if (quote !== undefined && inside !== undefined) return { from: at + quote.length, text: inside };
  const start = /^\\?["']/.exec(line.slice(at))?.[0].length ?? 0;
  plainWord.lastIndex = at + start;
  const [word] = plainWord.exec(line) ?? [];
  const text = word?.replace(/[,;)}\]|&>]+$/, "");
  return text === undefined ? undefined : { from: at + start, text };
}

/** Whether all of a word is a parameter: keepalived.conf(5), "Parameter substitution". */
const isParameter = (text: string): boolean => /^\$(?:\{\w+\}|\w+)$/.test(text);

/** Whether a word follows `auth_pass` in a sentence about it: in a comment, or in what lint says. */
const isOfSentence = (text: string): boolean =>
  /^(?:a|an|and|are|as|at|be|beyond|both|by|can|cannot|counts?|differs?|for|from|has|have|here|in|is|longer|may|must|not|of|on|only|or|should|than|that|the|to|was|were|with)[,.:;]?$/i.test(
    text,
  );

/** Whether somebody has put something else in a secret's place already. */
export const isMasked = (text: string): boolean => /^(?:\*+|x{3,}|\.{3}|<[^>]*>)$/i.test(text);

/** Whether an address is of a domain that belongs to nobody (RFC 2606) or of the host itself, or a unit of systemd: NAME@INSTANCE.service. */
export const isNobodys = (address: string): boolean =>
  /[@.](?:example(?:\.(?:com|net|org))?|test|invalid|localhost|localdomain)$/i.test(address) ||
  /\.(?:service|socket|timer|target|mount|path|slice|scope|device)$/.test(address);

/** What stands in a secret's place and is none: a variable, a file, a word of a program. */
const isNoSecret = (text: string): boolean =>
  /^(?:\$|`|\{\{|%[({]|\d{1,2}$)/.test(text) ||
  /^(?:~|\.{1,2}|\/(?:etc|run|var|usr|opt|root|home|srv|tmp|dev|mnt))\/[\w./${}-]*$/.test(text) ||
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|prompt|ask|required|optional)$/i.test(text);
