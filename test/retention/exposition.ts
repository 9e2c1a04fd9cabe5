/** A family of the text exposition format: its type, its help and its samples by their labels as written. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE = new RegExp(
  String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$`,
);

/**
 * Reads the text format of Prometheus, version 0.0.4, and more strictly than it must: every family has HELP and TYPE, in
 * this order and before its samples, stands in one piece and once; no sample stands twice or has a time; the text ends
 * with a line feed.
 * @throws Error with the line at fault
 */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n') || text.includes('\r')) throw new Error('the text does not end with a line feed');
  const families = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  let help: readonly [string, string] | undefined;
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const fault = new Error(`not in the format: ${line}`);
    const helps = new RegExp(String.raw`^# HELP (${NAME}) ((?:[^\\]|\\[\\n])+)$`).exec(line);
    const types = new RegExp(`^# TYPE (${NAME}) (counter|gauge|untyped)$`).exec(line);
    const sample = SAMPLE.exec(line);
    if (helps !== null) {
      help = [helps[1] ?? '', helps[2] ?? ''];
    } else if (types !== null) {
      current = types[1] ?? '';
      if (help?.[0] !== current || families.has(current)) throw fault;
      families.set(current, { type: types[2] ?? '', help: help[1], samples: new Map() });
    } else if (sample !== null) {
      const [, name, labels = '', value = ''] = sample;
      const family = families.get(current);
      if (name !== current || family === undefined || family.samples.has(labels)) throw fault;
      const names = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"/g)].map((match) => match[1]);
      if (new Set(names).size !== names.length) throw fault;
      family.samples.set(labels, Number(value.replace('Inf', 'Infinity')));
    } else {
      throw fault;
    }
  }
  for (const [name, { samples }] of families) if (samples.size === 0) throw new Error(`${name} has no sample`);
  return families;
}
