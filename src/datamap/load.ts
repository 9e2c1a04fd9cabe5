import { readFile } from 'node:fs/promises';
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { reachProblems } from './graph.js';
import { buildModel, type DataMapModel, type Problem } from './model.js';
import { referenceProblems } from './references.js';
import { dataMapSchema } from './schema.js';

/**
 * Reads and checks a data map.
 * @throws GdprError MAP_INVALID whose message gives every problem as `file:line:column: path: message`
 */
export async function loadDataMap(path: string): Promise<DataMapModel> {
  const bytes = await asFileError(path, () => readFile(path));
  return parseDataMap(decodeUtf8(bytes, path), path);
}

/** The same for a text already read; `file` names it in messages. */
export function parseDataMap(text: string, file: string): DataMapModel {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${file}:${line}:${col}: ${error.message}`;
      }),
    );
  }
  const parsed = dataMapSchema.safeParse(document.toJS({ maxAliasCount: 1000 }));
  if (!parsed.success) throw invalid(file, located(parsed.error.issues.flatMap(flatten), document, lines, file));
  const { model, problems: ofNames } = buildModel(parsed.data);
  const problems = [...ofNames, ...referenceProblems(model)];
  const all = problems.length > 0 ? problems : reachProblems(model);
  if (all.length > 0) throw invalid(file, located(all, document, lines, file));
  return model;
}

/** @throws GdprError INPUT_INVALID when the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GdprError('INPUT_INVALID', `${file} is not UTF-8`, {
      cause,
      hint: 'save the file as UTF-8 and try again',
    });
  }
}

const SHOWN = 20;

function invalid(file: string, lines: string[]): GdprError {
  const more = lines.length > SHOWN ? `\n… and ${lines.length - SHOWN} more` : '';
  return new GdprError('MAP_INVALID', `the data map is not valid:\n${lines.slice(0, SHOWN).join('\n')}${more}`, {
    hint: `mend ${file}; an editor that knows the JSON Schema of the map completes and checks it`,
    details: { problems: lines },
  });
}

function located(problems: readonly Problem[], document: Document, lines: LineCounter, file: string): string[] {
  return problems
    .map((problem) => ({ problem, ...positionOf(problem.path, document, lines) }))
    .sort((a, b) => a.line - b.line || a.col - b.col)
    .map(({ problem, line, col }) => `${file}:${line}:${col}: ${formatPath(problem.path)}: ${problem.message}`);
}

/** The place of the deepest part of a path that exists in the document: its key, else its value. */
function positionOf(
  path: readonly (string | number)[],
  document: Document,
  lines: LineCounter,
): { line: number; col: number } {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const last = path[depth - 1];
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last));
      const offset = (pair?.key as Node | undefined)?.range?.[0];
      if (offset !== undefined) return lines.linePos(offset);
    }
    const node = document.getIn(path.slice(0, depth), true) as Node | undefined;
    if (node?.range) return lines.linePos(node.range[0]);
  }
  return { line: 1, col: 1 };
}

function formatPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return '(map)';
  return path
    .map((part, i) =>
      typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${/[.\s]/.test(part) ? `"${part}"` : part}`,
    )
    .join('');
}

/** Zod's issue as problems with a path each; of a union, the branch that came closest. */
function flatten(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key' }));
  }
  if (issue.code === 'invalid_union') {
    const branches = issue.errors
      .map((errors) => errors.flatMap(flatten))
      .filter((problems) => problems.length > 0)
      .sort((a, b) => score(a) - score(b));
    const closest = branches[0];
    if (closest !== undefined)
      return closest.map((problem) => ({ path: [...path, ...problem.path], message: problem.message }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  return [{ path, message: issue.message.replace(/^Invalid input: /, '') }];
}

/** Fewer problems are closer; a key that the branch does not know weighs more than one that is missing. */
function score(problems: readonly Problem[]): number {
  return problems.reduce((sum, problem) => sum + (problem.message === 'unknown key' ? 3 : 2 / problem.path.length), 0);
}
