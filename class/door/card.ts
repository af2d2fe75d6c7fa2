import { Html, html } from "../../verify/report/html/template.ts";
import type { Class, Member } from "../class.ts";
import { fingerprint } from "../fingerprint.ts";
import { withoutControls } from "../plain-line.ts";
import { keyOf } from "../stack-name.ts";
import { valueRows } from "../values.ts";
import { CLIENT_NAME, qualifiedHost } from "./accounts.ts";

/** What a student is told about the way into their lab. */
export interface Card {
  readonly id: string;
  readonly name: string;
  /** Whether the roster has a key of theirs; without one nobody gets in. */
  readonly hasKey: boolean;
  /** The name by which they log in. */
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Of the door's host key, as ssh(1) shows it: `SHA256:…`. */
  readonly fingerprint: string;
  /** Commands, each with what it does. */
  readonly commands: readonly { readonly command: string; readonly about: string }[];
  /** For ~/.ssh/config: ssh_config(5). */
  readonly sshConfig: string;
  /** Values of their own: title and value. */
  readonly values: readonly (readonly [string, string])[];
  readonly firstStep: string;
  /** Whether the menu's shells are recorded. */
  readonly recorded: boolean;
}

/** What a student is told where that is so. */
export const RECORDED_TEXT = "What the menu's shells show is recorded for your teacher.";

/** An OpenSSH public key's fingerprint. */
export const fingerprintOf = (publicKey: string): string =>
  fingerprint(Buffer.from(publicKey.split(/\s+/)[1] ?? "", "base64"));

/** The cards of students. @param hostKey the door's public host key */
export function cardsOf(
  { name, vary, door }: Pick<Class, "name" | "vary"> & { readonly door: NonNullable<Class["door"]> },
  members: readonly Member[],
  hostKey: string,
): Card[] {
  const [titles = [], ...rows] = valueRows(members, { vary });
  return members.map((member, index): Card => {
    const { host, port } = door;
    const user = keyOf(member.id);
    const ssh = `ssh -p ${port} ${user}@${host}`;
    const [first = ""] = member.lab.servers.map((server) => server.name);
    const alias = (machine: string): string => qualifiedHost(machine, user);
    return {
      ...{ id: member.id, name: member.name, hasKey: member.key !== "", user, host, port },
      fingerprint: fingerprintOf(hostKey),
      commands: [
        { command: ssh, about: "the menu: your servers, the client, your grade" },
        { command: `${ssh} ${first}`, about: `a command, or with -t a shell, on ${first}` },
        { command: `ssh ${alias(first)}`, about: "the same directly, with the lines below in ~/.ssh/config" },
        { command: `scp FILE ${alias(first)}:`, about: "copy a file there" },
      ],
      sshConfig: sshConfigOf(
        name,
        { user, host, port },
        member.lab.servers.map((server) => server.name),
      ),
      values: titles.slice(1).flatMap((title, column) => {
        const value = rows[index]?.[column + 1] ?? "";
        return value === "" ? [] : [[title, value] as const];
      }),
      firstStep: `Run \`${ssh}\`. It shows the fingerprint once: compare it, and answer yes. Then write \`grade\`: it says what to do first.`,
      recorded: door.record,
    };
  });
}

/** Connections to machines pass the door, which knows them; so their own host keys, which are new with each lab, need not be known. */
function sshConfigOf(
  name: string,
  { user, host, port }: { readonly user: string; readonly host: string; readonly port: number },
  servers: readonly string[],
): string {
  const door = `${name}-door`;
  const machine = (
    names: readonly string[],
    login: string,
  ): string => `Host ${names.map((one) => qualifiedHost(one, user)).join(" ")}
  User ${login}
  ProxyJump ${door}
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
`;
  return `Host ${door}
  HostName ${host}
  Port ${port}
  User ${user}

${machine(servers, "root")}
${machine([CLIENT_NAME], "student")}`;
}

/** A card for a terminal. */
export function cardText(card: Card): string {
  const width = Math.max(...card.commands.map(({ command }) => command.length));
  const noKey =
    "There is no key of yours in the roster, so nobody gets in. Give your teacher the line of ~/.ssh/id_ed25519.pub.";
  return [
    `${withoutControls(card.name)} (${card.id})`,
    "",
    ...card.commands.map(({ command, about }) => `  ${command.padEnd(width)}  ${about}`),
    "",
    `  The door's host key: ED25519 ${card.fingerprint}`,
    ...card.values.map(([title, value]) => `  Your ${title}: ${value}`),
    "",
    `  ${card.hasKey ? card.firstStep : noKey}`,
    ...(card.recorded ? [`  ${RECORDED_TEXT}`] : []),
    "",
    "  For ~/.ssh/config:",
    "",
    ...card.sshConfig
      .trimEnd()
      .split("\n")
      .map((line) => (line === "" ? "" : `    ${line}`)),
    "",
  ].join("\n");
}

const style = `body { font: 11pt/1.45 sans-serif; color: #000; background: #fff; max-width: 18cm; margin: 1cm auto; }
section { break-after: page; border: 1px solid #999; padding: 0.6cm 0.8cm; margin-bottom: 1cm; }
section:last-child { break-after: auto; }
h1 { font-size: 16pt; margin: 0; } h2 { font-size: 11pt; margin: 0.5cm 0 0.1cm; }
code, pre { font: 9.5pt/1.4 monospace; } pre { background: #f2f2f2; padding: 0.2cm 0.3cm; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { margin: 0; } dt { margin-top: 0.15cm; } dd { margin: 0 0 0 0.6cm; }
@media print { body { margin: 0; max-width: none; } section { border: 0; padding: 0; } pre { border: 1px solid #999; background: none; } }`;

/** Cards as one page for a printer: a sheet each, nothing from elsewhere, no script. */
export const cardsPage = (className: string, cards: readonly Card[]): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${className}: access</title>
<style>${new Html(style)}</style>
</head>
<body>
${cards.map(cardSection)}
</body>
</html>
`.markup;

const cardSection = (card: Card): Html => html`<section>
<h1>${card.name}</h1>
<p>${card.id}</p>
<h2>The way in</h2>
<dl>${card.commands.map(({ command, about }) => html`<dt><code>${command}</code></dt><dd>${about}</dd>`)}</dl>
<h2>The door's host key</h2>
<p><code>ED25519 ${card.fingerprint}</code></p>
${card.values.length === 0 ? undefined : html`<h2>Your values</h2><dl>${card.values.map(([title, value]) => html`<dt>${title}</dt><dd><code>${value}</code></dd>`)}</dl>`}
<h2>The first step</h2>
<p>${card.hasKey ? card.firstStep : "There is no key of yours in the roster yet. Give your teacher the line of ~/.ssh/id_ed25519.pub."}</p>
${card.recorded ? html`<p>${RECORDED_TEXT}</p>` : undefined}
<h2>For ~/.ssh/config</h2>
<pre>${card.sshConfig.trimEnd()}</pre>
</section>
`;

/** Cards as data; `version` increases with changes that readers must know of. */
export const cardsAsJson = (className: string, cards: readonly Card[]): unknown => ({
  format: "lvs-lab class access",
  version: 1,
  class: className,
  students: cards,
});
