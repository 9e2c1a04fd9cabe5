import type { DataMapModel, OwnerModel, PersonalTableModel, Problem } from './model.js';

/** An owner of a table: the unit that rows are collected for. */
export interface Node {
  readonly table: PersonalTableModel;
  readonly owner: OwnerModel;
}

/**
 * The order in which rows are collected: every node after the nodes it is reached through. Nodes that reach each
 * other (a message that answers a message) form one group and are collected together until nothing new comes.
 * Tarjan's algorithm yields the groups in that order.
 */
export function collectionOrder(model: DataMapModel): Node[][] {
  const nodes = model.tables.flatMap((table) => table.owners.map((owner) => ({ table, owner })));
  const keyOf = (table: string, owner: string) => `${table}#${owner}`;
  const byKey = new Map(nodes.map((node) => [keyOf(node.table.name, node.owner.id), node]));
  const parents = (node: Node): Node[] =>
    node.owner.reaches.flatMap((reach) => {
      const parent = reach.kind === 'through' ? byKey.get(keyOf(reach.table, reach.owner)) : undefined;
      return parent === undefined ? [] : [parent];
    });

  const groups: Node[][] = [];
  const state = new Map<Node, { index: number; low: number; onStack: boolean }>();
  const stack: Node[] = [];
  const visit = (node: Node): { index: number; low: number; onStack: boolean } => {
    const mine = { index: state.size, low: state.size, onStack: true };
    state.set(node, mine);
    stack.push(node);
    for (const parent of parents(node)) {
      const seen = state.get(parent);
      if (seen === undefined) mine.low = Math.min(mine.low, visit(parent).low);
      else if (seen.onStack) mine.low = Math.min(mine.low, seen.index);
    }
    if (mine.low === mine.index) {
      const group: Node[] = [];
      for (;;) {
        const member = stack.pop();
        if (member === undefined) break;
        const memberState = state.get(member);
        if (memberState) memberState.onStack = false;
        group.push(member);
        if (member === node) break;
      }
      groups.push(group);
    }
    return mine;
  };
  for (const node of nodes) if (!state.has(node)) visit(node);
  return groups;
}

/** Owners that no person can be reached from: every table must lead, over any number of hops, to a person. */
export function reachProblems(model: DataMapModel): Problem[] {
  const reachable = new Set<string>();
  for (const group of collectionOrder(model)) {
    const rooted = group.some(({ owner }) =>
      owner.reaches.some((reach) => reach.kind !== 'through' || reachable.has(`${reach.table}#${reach.owner}`)),
    );
    if (rooted) for (const { table, owner } of group) reachable.add(`${table.name}#${owner.id}`);
  }
  return model.tables.flatMap((table) =>
    table.owners
      .filter((owner) => !reachable.has(`${table.name}#${owner.id}`))
      .map((owner) => ({
        path: ['tables', table.written, 'owners', owner.id],
        message: 'no person can be reached from here: its reaches lead only to each other',
      })),
  );
}
