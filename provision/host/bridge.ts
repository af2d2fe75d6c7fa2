/** The bridge of a lab's network on its host, by the network's place in the lab: each lab has a network namespace of its own. */
export const bridgeOf = (index: number): string => `lvsbr${index}`;
