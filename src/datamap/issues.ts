import type { z } from 'zod';
import type { Problem } from './model.js';

type Issue = z.core.$ZodIssue;

const UNKNOWN_KEY = 'unknown key';

/**
 * What zod finds wrong with a map, in words that its author understands, each at its path. Of a union it is what
 * is wrong with the branch that came closest. The input must be reported (`reportInput`).
 */
export function schemaProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap(flatten);
}

function flatten(issue: Issue): Problem[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: UNKNOWN_KEY }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors, issue.input);
    if (closest !== undefined) return closest.map((found) => ({ ...found, path: [...path, ...found.path] }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  return [{ path, message: wording(issue) }];
}

/** The branch whose own keys fit best; among several, the one with the least wrong inside. */
function closestBranch(branches: readonly (readonly Issue[])[], input: unknown): Problem[] | undefined {
  if (input === undefined || input === null) return undefined;
  return branches
    .map((issues) => issues.flatMap(flatten))
    .filter((problems) => problems.length > 0)
    .sort((a, b) => misfit(a) - misfit(b) || a.length - b.length)[0];
}

/** Another kind of value weighs more than a key that the branch does not know, and that more than a missing one. */
function misfit(problems: readonly Problem[]): number {
  return problems
    .filter(({ path }) => path.length <= 1)
    .reduce((total, { path, message }) => total + (path.length === 0 ? 5 : message === UNKNOWN_KEY ? 3 : 1), 0);
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function wording(issue: Issue): string {
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_type') {
    return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`;
  }
  if (issue.input === null) return 'must not be empty';
  if (issue.code === 'invalid_value') return `must be ${oneOf(issue.values)}`;
  if (issue.code === 'invalid_union') return `must not be ${kindOf(issue.input)}`;
  if (issue.code === 'too_small' && issue.origin === 'array') {
    return issue.minimum === 1 ? 'needs at least one entry' : `needs at least ${issue.minimum} entries`;
  }
  if (issue.code === 'too_small') return 'must not be empty';
  return issue.message;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}

function kindOf(input: unknown): string {
  if (input === null) return 'empty';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a mapping';
  if (typeof input === 'string') return 'a text';
  return typeof input === 'number' ? 'a number' : String(input);
}
