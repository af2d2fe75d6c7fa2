/** The name of the lab's bridge on its host, where each lab has a network namespace of its own. */
export const BRIDGE = "lvsbr0";
