import type { ColumnEntry, DataMap, PersonalTable, Text } from '../../datamap/schema.js';

/** A table of the built-in map, in the schema `gdpr`; a query may stand for one. */
export interface OwnTable {
  readonly table: string;
  readonly entry: PersonalTable;
  /** The SQL types of the columns that are not text. */
  readonly types: Readonly<Record<string, string>>;
  /**
   * A query over `person (reference, person)`, whose result has `person` and the columns by name; `$2` is the instant of
   * the reading.
   */
  readonly rows: string;
  /** What the codes of a column mean where the controller's map says it, by column. */
  readonly codes?: (map: DataMap) => Readonly<Record<string, Readonly<Record<string, Text>>>>;
  /** Columns of that result by which a person's rows are ordered. */
  readonly order: readonly string[];
}

/** Ids of a data map have no dot, so that these never meet one of the controller's. */
const PURPOSE = 'gdpr.rights';
const REQUEST = 'gdpr.request';
const CONSULTED = 'gdpr.access';

/** The purpose and the categories that the built-in tables name. */
export const OWN_HEAD: Pick<DataMap, 'purposes' | 'categories'> = {
  purposes: {
    [PURPOSE]: {
      title: { lv: 'Jūsu tiesību uz datu aizsardzību ievērošana', en: 'Respecting your data-protection rights' },
      description: {
        lv: 'Izpildām pieprasījumus par datiem un pierakstām, kad un kāpēc datiem piekļūts, lai to varētu pārbaudīt.',
        en: 'We deal with requests about data and record when and why data were accessed, so that it can be checked.',
      },
      basis: '6(1)(c)',
      law: 'Regula (ES) 2016/679 / Regulation (EU) 2016/679: 5(2), 12, 15–22, 24, 32',
    },
  },
  categories: {
    [REQUEST]: { title: { lv: 'Pieprasījumi par datiem', en: 'Requests about data' } },
    [CONSULTED]: { title: { lv: 'Ziņas par piekļuvi datiem', en: 'Records of access to data' } },
  },
};

/** The one owner of every row: a row of the schema `gdpr` names the person by their reference. */
export const PERSON: Pick<PersonalTable, 'owners'> = {
  owners: { person: { title: { lv: 'persona', en: 'person' }, reach: [{ self: 'person' }] } },
};

/** What the person said when they asked. */
export const ASKED = {
  category: REQUEST,
  purposes: [PURPOSE],
  source: 'provided',
  erase: 'leave',
} as const satisfies Partial<ColumnEntry>;

/** What was noted about a request. */
export const NOTED = { ...ASKED, source: 'observed' } as const satisfies Partial<ColumnEntry>;

/** What the log tells. */
export const LOGGED = { ...NOTED, category: CONSULTED } as const satisfies Partial<ColumnEntry>;

/** Owed only where it is essential for the person's rights, and then weighed by a human (C-579/21). */
export const STAFF = {
  title: { lv: 'Darbinieks', en: 'Employee' },
  owner: 'other',
} as const satisfies Partial<ColumnEntry>;

export const REQUESTS: Text = {
  lv: 'Reģistra ierakstu glabājam, kamēr par atbildi var iesniegt sūdzību vai celt prasību.',
  en: 'The entry in the register is kept while a complaint or a claim about the answer can still be brought.',
};

export const RESTRAINTS: Text = {
  lv: 'Glabājam, lai to ievērotu arī turpmāk un lai varētu pierādīt, ka esam to ievērojuši.',
  en: 'Kept so that we go on respecting it, and can show that we have.',
};

export const PROOF: Text = {
  lv: 'Glabājam, kamēr kāds var apstrīdēt, ka esam drīkstējuši Jums rakstīt, lai to varētu pierādīt (Regulas 7. panta 1. punkts un 17. panta 3. punkta e) apakšpunkts).',
  en: 'Kept while somebody can dispute that we were allowed to write to you, so that we can prove it (Articles 7(1) and 17(3)(e) of the Regulation).',
};

export const LOG: Text = {
  lv: 'No žurnāla neko neizņemam, jo citādi nevarētu pārbaudīt, ka tas nav mainīts. Saite starp ierakstu un Jums zūd, kad izdzēšam Jūsu apzīmējumu.',
  en: 'Nothing is taken out of the log, or it could not be checked that it was not changed. The link between an entry and you is gone once your reference is deleted.',
};

export const SELF: Text = {
  lv: 'Glabājam, kamēr mums ir kāds cits Jūsu ieraksts vai kamēr par atbildi Jums var iesniegt sūdzību vai celt prasību.',
  en: 'Kept while we hold another record of yours, or while a complaint or a claim about an answer to you can still be brought.',
};
