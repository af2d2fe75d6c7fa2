/** Another machine, as the stack's configuration names it. */
export interface MachineUrl {
  /** A host name, an address, or a `Host` of the user's ssh_config(5). */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/**
 * Reads `ssh://[USER@]HOST[:PORT]`, the form of a destination of ssh(1). Undefined: it is none. What has a path, a password or a character that ssh
 * or a shell may take for something else is none either.
 */
export function parseMachineUrl(text: string): MachineUrl | undefined {
  const [, user, host = "", port] =
    /^ssh:\/\/(?:([A-Za-z0-9_][\w.-]*\$?)@)?([A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+(?:%\w+)?\])(?::(\d{1,5}))?\/?$/.exec(
      text,
    ) ?? [];
  if (host === "" || Number(port ?? 1) < 1 || Number(port ?? 1) > 65535) return undefined;
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port: Number(port) }) };
}

/** The URL in one form: a machine is written in one way into Pulumi's state. */
export const formatMachineUrl = ({ host, user, port }: MachineUrl): string =>
  `ssh://${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}`;

/** The name of this machine where other machines are named by their URLs: a stack's `host`, and `machines` of class.yaml. */
export const THIS_MACHINE = "private";

/** The machine that a text names, in one form: THIS_MACHINE or a URL; undefined: it names none. */
export function machineNamed(text: string): string | undefined {
  if (text === THIS_MACHINE) return text;
  const url = parseMachineUrl(text);
  return url && formatMachineUrl(url);
}

/** The words of ssh(1) that name it, for texts. */
export const sshWords = (machine: string): string => {
  const { host, user, port } = parseMachineUrl(machine) ?? { host: machine };
  const name = host.replace(/^\[|\]$/g, "");
  return [...(port === undefined ? [] : ["-p", String(port)]), user === undefined ? name : `${user}@${name}`].join(" ");
};
