/** Name of the bridge of a lab's network on its lab host, by the network's index in the lab. Each lab has its own network namespace. */
export const bridgeOf = (index: number): string => `lvsbr${index}`;
