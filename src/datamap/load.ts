import { readFile } from 'node:fs/promises';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readDocument } from './document.js';
import { reachProblems } from './graph.js';
import { schemaProblems } from './issues.js';
import { recallValue, rememberValue } from './memory.js';
import { buildModel, type DataMapModel, type Problem } from './model.js';
import { referenceProblems } from './references.js';
import { dataMapSchema } from './schema.js';
import { undecidedPaths } from './undecided.js';

/**
 * Reads and checks a data map.
 * @param memory the file that remembers what the YAML says; without it, the YAML is read
 * @throws GdprError MAP_INVALID whose message gives every problem as `file:line:column: path: message`
 */
export async function loadDataMap(path: string, memory?: string): Promise<DataMapModel> {
  const bytes = await asFileError(path, () => readFile(path));
  const text = decodeUtf8(bytes, path);
  if (memory === undefined) return parseDataMap(text, path);
  const known = await recallValue(memory, text);
  if (known !== undefined) return modelOf(known, (problems) => invalid(path, readDocument(text).locate(problems)));
  const { value, refusal } = readValue(text, path);
  const model = modelOf(value, refusal);
  await rememberValue(memory, text, value);
  return model;
}

/** The same for a text already read; `file` names it in messages. */
export function parseDataMap(text: string, file: string): DataMapModel {
  const { value, refusal } = readValue(text, file);
  return modelOf(value, refusal);
}

type Refusal = (problems: readonly Problem[]) => GdprError;

function readValue(text: string, file: string): { value: unknown; refusal: Refusal } {
  const document = readDocument(text);
  if (document.faults.length > 0) throw invalid(file, document.faults);
  return { value: document.value, refusal: (problems) => invalid(file, document.locate(problems)) };
}

function modelOf(value: unknown, refusal: Refusal): DataMapModel {
  // A draft is not half a map: what its author left open is all that can be said of it.
  const open = undecidedPaths(value);
  if (open.length > 0) throw refusal(open.map((path) => ({ path, message: 'still to decide' })));
  const parsed = dataMapSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw refusal(schemaProblems(parsed.error));
  const { model, problems: ofNames } = buildModel(parsed.data);
  const problems = [...ofNames, ...referenceProblems(model)];
  const all = problems.length > 0 ? problems : reachProblems(model);
  if (all.length > 0) throw refusal(all);
  return model;
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
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

function invalid(file: string, faults: readonly string[]): GdprError {
  const lines = faults.map((fault) => `${file}:${fault}`);
  const more = lines.length > SHOWN ? `\n… and ${lines.length - SHOWN} more` : '';
  return new GdprError('MAP_INVALID', `the data map is not valid:\n${lines.slice(0, SHOWN).join('\n')}${more}`, {
    hint: `mend ${file}; an editor that knows the JSON Schema of the map completes and checks it`,
    details: { problems: lines },
  });
}
