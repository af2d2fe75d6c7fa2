/** A command of a check by hand, which names no stack, for a certain one. The option follows the command's name, which may be of two words. */
export const onStack = (command: string, stack: string): string =>
  command.replaceAll(/\bnpx lvs-lab ((?:fault|scenario) [a-z-]+|[a-z-]+)/g, `npx lvs-lab $1 -s ${stack}`);
