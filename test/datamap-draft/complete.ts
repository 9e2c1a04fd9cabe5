import { isMap, isPair, isScalar, parseDocument, visit } from 'yaml';

/** What a controller would write for each kind of question, by the key that it stands under. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  category: 'record',
  categories: 'record',
  purposes: 'order',
  source: 'provided',
  owner: 'shared',
  erase: 'with-row',
  basis: '6(1)(b)',
  country: 'LV',
  exist: false,
  financialYearEnd: '12-31',
  in: 'customer',
  path: 'place',
};

/** Answers every open question of a draft without thinking, as nobody should; tables are kept by columns. */
export function completeDraft(text: string): string {
  const document = parseDocument(text);
  visit(document, {
    Scalar(_, node, ancestors) {
      if (node.value !== 'to-decide') return;
      const pairs = ancestors.filter(isPair);
      const keys = pairs.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ''));
      const key = keys.at(-1) ?? '';
      node.value =
        key === 'erase' && keys.at(-2) !== undefined && keys.length === 3 ? 'columns' : (ANSWERS[key] ?? 'x');
    },
    Map(_, node) {
      if (!isMap(node)) return;
      node.flow = node.flow === true;
    },
  });
  return document.toString({ lineWidth: 0 });
}
