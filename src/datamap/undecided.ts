import { type Document, isMap, isScalar, type Node, visit } from 'yaml';
import { TO_DECIDE } from './draft/words.js';

/** Every place of a map that still reads `to-decide`, as a path. */
export function undecidedPaths(document: Document): (string | number)[][] {
  const found: (string | number)[][] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (node.value === TO_DECIDE && key !== 'key') found.push(pathOf([...(ancestors as Node[]), node]));
    },
  });
  return found;
}

function pathOf(nodes: readonly unknown[]): (string | number)[] {
  return nodes.flatMap((node, i): (string | number)[] => {
    const parent = nodes[i - 1];
    if (
      typeof parent === 'object' &&
      parent !== null &&
      'items' in parent &&
      !isMap(parent) &&
      Array.isArray(parent.items)
    )
      return [parent.items.indexOf(node)];
    if (typeof parent === 'object' && parent !== null && 'key' in parent && isScalar(parent.key))
      return [String(parent.key.value)];
    return [];
  });
}
