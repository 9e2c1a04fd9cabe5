import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import type { ConsentChannel } from './event.js';

/** What people were asked, word for word; another text is another wording. */
export interface Wording {
  readonly id: string;
  /** Id of the purpose in the data map. */
  readonly purpose: string;
  /** soft-opt-in: the notice at the checkout with a box to refuse offers (Directive 2002/58/EC, Art. 13(2)). */
  readonly kind: 'consent' | 'soft-opt-in';
  readonly channels: readonly ConsentChannel[];
  readonly language: string;
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly sha256: string;
  /** Whether a yes counts only once it was confirmed. */
  readonly doubleOptIn: boolean;
  /** UTC with microseconds. */
  readonly shownFrom: string;
  /** The first instant at which it was shown no more; null while it is shown. */
  readonly shownUntil: string | null;
}

/** Whether a yes can have been given to this wording: of that purpose, on that channel, while it was shown. */
export function proves(
  wording: Wording,
  event: { readonly purpose: string; readonly channel: ConsentChannel; readonly at: string },
): boolean {
  return (
    wording.kind === 'consent' &&
    wording.purpose === event.purpose &&
    wording.channels.includes(event.channel) &&
    event.at >= wording.shownFrom &&
    (wording.shownUntil === null || event.at < wording.shownUntil)
  );
}

/** The registered wordings by id, each with its text. */
export async function readWordings(session: Session): Promise<ReadonlyMap<string, Wording>> {
  const rows = await session.query<Omit<Wording, 'channels'> & { channels: string } & Record<string, unknown>>(
    `SELECT id, purpose, kind, array_to_json(channels)::text AS channels, language, text, sha256,
            double_opt_in AS "doubleOptIn", ${timeText('shown_from')} AS "shownFrom", ${timeText('shown_until')} AS "shownUntil"
     FROM gdpr.wording ORDER BY shown_from, id`,
  );
  return new Map(
    rows.map(({ channels, ...row }) => [row.id, { ...row, channels: JSON.parse(channels) as ConsentChannel[] }]),
  );
}
