import type { Path } from "../../lab/yaml/document.ts";
import type { Statement } from "../../lab/yaml/rules.ts";

/** The items that a list names again. */
export function* namedTwice(list: unknown, path: Path): Generator<Statement> {
  for (const [index, one] of (Array.isArray(list) ? list : []).entries()) {
    const first = (list as readonly unknown[]).indexOf(one);
    if (one !== undefined && first < index) {
      yield {
        path: [...path, index],
        expected: "each once",
        found: `${one} a second time`,
        remedy: "remove one of the two",
        other: [...path, first],
      };
    }
  }
}
