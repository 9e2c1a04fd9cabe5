import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { digestFile } from '../foundation/digest-file.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { looksPersonal } from '../foundation/personal-text.js';
import { addMonths, type Day, readDay, todayIn } from '../request/day.js';
import { checkWords } from '../request/words.js';
import type { Context } from '../workspace/open.js';

/** On what Art. 18(2) lets restricted data be given without the person's consent. */
export const RESTRICTED_GROUNDS = ['legal-claims', 'rights-of-others', 'public-interest'] as const;
export type RestrictedGround = (typeof RESTRICTED_GROUNDS)[number];

/** A request of a court or another authority, as it was typed. */
export interface TypedOrder {
  readonly kind: 'court' | 'authority';
  readonly authority?: string | undefined;
  readonly official?: string | undefined;
  readonly case?: string | undefined;
  readonly requestNumber?: string | undefined;
  readonly requestDate?: string | undefined;
  readonly received?: string | undefined;
  readonly deadline?: string | undefined;
  readonly basis?: string | undefined;
  readonly document?: string | undefined;
  readonly asked?: string | undefined;
  readonly unnamed: boolean;
  readonly gagUntil?: string | undefined;
  readonly gagBasis?: string | undefined;
  readonly categories?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly thirdParties?: string | undefined;
  readonly restrictedGround?: string | undefined;
  readonly hold: string;
  /** Public age keys to which the set is encrypted. */
  readonly encryptTo?: readonly string[] | undefined;
  /** Whether it is sealed with a passphrase. */
  readonly sealed?: boolean | undefined;
}

/** The same, checked: everything that has to be on record of it (KPL 190; CPL 112). */
export interface DisclosureOrder {
  readonly kind: 'court' | 'authority';
  readonly authority: string;
  readonly official: string | null;
  readonly case: string | null;
  readonly requestNumber: string;
  readonly requestDate: Day;
  readonly received: Day;
  readonly deadline: Day | null;
  readonly basis: string;
  /** The request itself; `name` is what it is called in the set. */
  readonly document: {
    readonly path: string;
    readonly sha256: string;
    readonly name: string;
    readonly mediaType: string;
  };
  readonly asked: string | null;
  readonly unnamed: boolean;
  readonly gagUntil: Day | null;
  readonly gagBasis: string | null;
  /** Ids of categories and of groups of the map, sorted. */
  readonly categories: readonly string[];
  readonly from: Day | null;
  readonly to: Day | null;
  /** Why what is about others is given too; null: it is redacted. */
  readonly thirdParties: string | null;
  readonly restrictedGround: RestrictedGround | null;
  /** ISO 8601, whole months or years. */
  readonly hold: string;
  /** Who can open the set: public age keys, sorted, and whoever is told the passphrase. */
  readonly encrypted: { readonly to: readonly string[]; readonly sealed: boolean };
}

const LONGEST = 500;

/**
 * Checks a request. Without a paper, its number and date it is none that could be answered, whoever telephones.
 * @param named by what the person or the orders are named, which the words of the request must not repeat
 * @param received the day that a stored plan has for it, where none is typed
 * @throws GdprError REFUSED for an unwritten request, one without a basis, and one from the future; INPUT_INVALID,
 *   USAGE, FILE_UNAVAILABLE
 */
export async function readOrder(
  context: Context,
  typed: TypedOrder,
  named: readonly string[],
  received?: Day,
): Promise<DisclosureOrder> {
  const today = todayIn(context.model.map.timeZone);
  const { kind } = typed;
  const authority = needed('--authority', typed.authority, `the name of the ${kind}`);
  const basis = checkWords('--basis', needed('--basis', typed.basis, 'the legal basis'));
  const caseNumber =
    kind === 'court' ? needed('--case', typed.case, 'the number of the case') : line('--case', typed.case);
  const requestNumber = needed('--request-number', typed.requestNumber, 'a written request with a number');
  const requestDate = readDay(
    '--request-date',
    needed('--request-date', typed.requestDate, 'a written request with a date'),
    today,
  );
  const path = needed('--document', typed.document, 'the written request itself');
  if (requestDate > today) {
    throw new GdprError('REFUSED', `the request is dated ${requestDate}, which is after today, ${today}`, {
      hint: 'compare --request-date with the paper',
    });
  }
  const came = typed.received === undefined ? (received ?? today) : readDay('--received', typed.received, today);
  if (came < requestDate || came > today) {
    throw new GdprError('INPUT_INVALID', '--received is before the date of the request, or after today', {
      hint: 'the day on which the request came',
    });
  }
  const deadline = typed.deadline === undefined ? null : readDay('--deadline', typed.deadline, today);
  if (deadline !== null && deadline < requestDate) {
    throw new GdprError('INPUT_INVALID', '--deadline is before the date of the request', {
      hint: 'the last day for the answer, as the request says',
    });
  }
  const gagUntil = typed.gagUntil === undefined ? null : readDay('--gag-until', typed.gagUntil, today);
  if (gagUntil !== null && gagUntil < today) {
    throw new GdprError('INPUT_INVALID', `--gag-until is before today, ${today}`, {
      hint: 'the last day on which nobody may be told',
    });
  }
  const [from, to] = [typed.from, typed.to].map((day, i) =>
    day === undefined ? null : readDay(i === 0 ? '--from' : '--to', day, today),
  ) as [Day | null, Day | null];
  if (from !== null && to !== null && to < from)
    throw new GdprError('INPUT_INVALID', '--to is before --from', { hint: 'both days are in the range' });
  return {
    kind,
    authority,
    official: line('--official', typed.official),
    case: caseNumber,
    requestNumber,
    requestDate,
    received: came,
    deadline,
    basis,
    document: await readDocument(path),
    asked: askedOf(typed.asked, named),
    unnamed: typed.unnamed,
    gagUntil,
    gagBasis: line('--gag-basis', typed.gagBasis),
    categories: readCategories(context, typed.categories),
    from,
    to,
    thirdParties: typed.thirdParties === undefined ? null : checkWords('--third-parties', typed.thirdParties),
    restrictedGround: RESTRICTED_GROUNDS.find((ground) => ground === typed.restrictedGround) ?? null,
    hold: readPeriod(typed.hold),
    encrypted: { to: [...new Set(typed.encryptTo)].sort(), sealed: typed.sealed === true },
  };
}

/** The last day of the period from the day on; it was read by `readOrder`. */
export function endOfPeriod(period: string, from: Day): Day {
  return addMonths(from, monthsOf(period) ?? 0);
}

function monthsOf(period: string): number | undefined {
  const [, years = '0', months = '0'] = /^P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?$/.exec(period) ?? [];
  const all = Number(years) * 12 + Number(months);
  return all >= 1 && all <= 120 ? all : undefined;
}

function readPeriod(typed: string): string {
  const period = typed.trim().toUpperCase();
  if (monthsOf(period) !== undefined) return period;
  throw new GdprError('INPUT_INVALID', '--hold is not a period of one month to ten years', {
    hint: 'in ISO 8601: P12M, P2Y',
  });
}

function needed(flag: string, typed: string | undefined, what: string): string {
  const text = line(flag, typed);
  if (text !== null) return text;
  throw new GdprError('REFUSED', `nothing is given without ${what}: ${flag} is missing`, {
    hint: 'ask for the request in writing, with number, date and legal basis; nothing is given by telephone',
  });
}

/** One line of text; null when it is missing or empty. @throws GdprError INPUT_INVALID, which does not repeat it */
function line(flag: string, typed: string | undefined, longest = LONGEST): string | null {
  const text = typed?.trim() ?? '';
  if (text.length > longest || /\p{Cc}/u.test(text) || !text.isWellFormed()) {
    throw new GdprError('INPUT_INVALID', `${flag} is longer than ${longest} characters or more than a line`, {
      hint: 'one line of plain text',
    });
  }
  return text === '' ? null : text;
}

/** The register keeps the words for good, so that nothing in them may name the person. */
function askedOf(typed: string | undefined, named: readonly string[]): string | null {
  const words = line('--asked', typed, 4000);
  if (words === null) return null;
  const bare = (text: string) =>
    text
      .normalize('NFD')
      .replace(/[^\p{L}\p{N}]+/gu, '')
      .toLowerCase();
  const hits = named.map(bare).some((each) => each !== '' && bare(words).includes(each));
  if (!hits && !looksPersonal(words)) return words;
  throw new GdprError('INPUT_INVALID', '--asked holds what names the person or the order', {
    hint: 'say what was asked for without names, numbers and addresses; the request itself goes into the set',
  });
}

function readCategories({ model: { map } }: Context, typed: string | undefined): string[] {
  const known = [...Object.keys(map.categories), ...Object.keys(map.disclosure?.groups ?? {})];
  const given = (typed ?? '').split(',').flatMap((id) => (id.trim() === '' ? [] : [id.trim()]));
  const hint = `parted by commas, of: ${known.join(', ')}`;
  if (given.length === 0) throw new GdprError('USAGE', '--categories names nothing to give', { hint });
  const unknown = given.filter((id) => !known.includes(id)).length;
  if (unknown > 0) {
    throw new GdprError('INPUT_INVALID', `${unknown} of the ${given.length} categories are not in the data map`, {
      hint,
    });
  }
  return [...new Set(given)].sort();
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.asice': 'application/vnd.etsi.asic-e+zip',
  '.edoc': 'application/vnd.etsi.asic-e+zip',
  '.xml': 'application/xml',
  '.txt': 'text/plain',
  '.eml': 'message/rfc822',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
};

/** The request's own name may tell whom it is about, so that in the set it has another. */
async function readDocument(path: string): Promise<DisclosureOrder['document']> {
  const file = await asFileError(path, () => stat(path));
  if (!file.isFile() || file.size === 0) {
    throw new GdprError('INPUT_INVALID', '--document is no file, or empty', { hint: 'the request, scanned or signed' });
  }
  const kind = extname(path).toLowerCase();
  const known = Object.hasOwn(MEDIA_TYPES, kind);
  return {
    path,
    sha256: await asFileError(path, () => digestFile(path)),
    name: `request/request${known ? kind : '.bin'}`,
    mediaType: known ? (MEDIA_TYPES[kind] ?? '') : 'application/octet-stream',
  };
}
