import { readFile } from 'node:fs/promises';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readDocument } from './document.js';
import { reachProblems } from './graph.js';
import { schemaProblems } from './issues.js';
import { buildModel, type DataMapModel } from './model.js';
import { referenceProblems } from './references.js';
import { dataMapSchema } from './schema.js';
import { undecidedPaths } from './undecided.js';

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
  const document = readDocument(text);
  if (document.faults.length > 0) throw invalid(file, document.faults);
  // A draft is not half a map: what its author left open is all that can be said of it.
  const open = undecidedPaths(document.value);
  if (open.length > 0) throw invalid(file, document.locate(open.map((path) => ({ path, message: 'still to decide' }))));
  const parsed = dataMapSchema.safeParse(document.value, { reportInput: true });
  if (!parsed.success) throw invalid(file, document.locate(schemaProblems(parsed.error)));
  const { model, problems: ofNames } = buildModel(parsed.data);
  const problems = [...ofNames, ...referenceProblems(model)];
  const all = problems.length > 0 ? problems : reachProblems(model);
  if (all.length > 0) throw invalid(file, document.locate(all));
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
