/** A rule as `arptables -n -L` prints it: options with values, in any order. A negated option is kept as `!-d`. */
export type ArpRule = Readonly<Record<string, string>>;

/** Parses the output of `arptables -n -L`: the rules of each chain, in order. */
export function parseArptables(output: string): Partial<Record<string, ArpRule[]>> {
  const chains: Record<string, ArpRule[]> = {};
  let chain: ArpRule[] | undefined;
  for (const line of output.split("\n")) {
    const name = /^Chain (\S+)/.exec(line)?.[1];
    if (name) {
      chain = [];
      chains[name] = chain;
    } else if (line.trim() !== "") {
      const options = line.matchAll(/(! )?(--?[a-z][\w-]*) (\S+)/g);
      chain?.push(Object.fromEntries([...options].map(([, not, key, value = ""]) => [not ? `!${key}` : key, value])));
    }
  }
  return chains;
}
