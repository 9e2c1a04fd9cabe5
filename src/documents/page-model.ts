/** A text in the two languages of every page. */
export type Text = { lv: string; en: string };

export type Language = 'lv' | 'en';

/** Why a single cell is not shown; `reviewed`: somebody read it and decided so. */
export type CellReason = 'third-party' | 'secret' | 'free-text' | 'reviewed' | 'not-asked';

/** Why a column is listed as withheld; `redacted`: words of its texts are covered. */
export type WithheldReason = CellReason | 'redacted' | 'inferred' | 'basis' | 'shared-identifier';

/** Where a value comes from (Art. 15(1)(g)): the person, our systems, or a conclusion of ours. */
export type Source = 'provided' | 'observed' | 'inferred';

/** `value` is PostgreSQL's text of the value; null is SQL's NULL. */
export type Cell = { value: string | null } | { withheld: CellReason };

export interface PageColumn {
  name: string;
  title: Text;
  source: Source;
  format?: 'text' | 'date' | 'timestamp' | 'money' | 'boolean' | 'number' | 'json';
  /** What each stored code means; a code that is not listed is shown as it is stored. */
  codes?: Readonly<Record<string, Text>>;
}

export interface PageTable {
  name: string;
  title: Text;
  description?: Text;
  purposes: readonly Text[];
  columns: readonly PageColumn[];
}

export interface PagePurpose {
  title: Text;
  description?: Text;
  /** The points of Art. 6(1) and 9(2), e.g. `6(1)(b)`. */
  basis: string;
  law?: string;
  /** The interest pursued, when the basis is 6(1)(f). */
  interest?: Text;
  categories: readonly Text[];
}

export interface PageRecipient {
  name: string;
  kind: Text;
  role: 'processor' | 'controller';
  /** ISO 3166-1 code of two letters, or a country in words. */
  country: string;
  purposes: readonly Text[];
  categories: readonly Text[];
  /** The safeguard of Art. 46 when the country is outside the EEA. */
  transfer?: Text;
}

/** One time that data of the person was given to somebody (Art. 15(1)(c); C-154/21). */
export interface PageDisclosure {
  /** The body itself; a text stands for one that the law does not allow to name. */
  name: string | Text;
  /** The kind of disclosure: to a court, an authority, under an agreement, on consent. */
  kind: Text;
  /** ISO 8601 with an offset. */
  at: string;
  /** The law, and the number of the case, agreement or request; left out where it would name the body. */
  basis?: string;
  categories: readonly Text[];
}

export interface PageRetention {
  table: string;
  tableTitle: Text;
  rule: string;
  title: Text;
  law: string;
  /** ISO 8601, e.g. `P5Y`. */
  period: string;
  /** The person's rows under this rule; `undetermined` of them have a clock that has not started. */
  rows: number;
  /** ISO dates of the first and the last row to go; null when no clock has started. */
  first: string | null;
  last: string | null;
  undetermined: number;
  /** What starts the clock, in words. */
  criterion: Text;
}

export interface PageWithheld {
  table: string;
  tableTitle: Text;
  columns: readonly { title: Text; reason: WithheldReason; text?: Text; rows: number }[];
}

export interface PageContentsTable {
  name: string;
  title: Text;
  rows: number;
  /** Paths inside the archive. */
  files: { json: string; csv: string };
  /** Why no retention rule applies to the table, e.g. that it goes with the account. */
  keptBecause?: Text;
}

/** Everything on the page but the rows themselves. */
export interface PageModel {
  operation: string;
  /** ISO 8601 or PostgreSQL text with an offset; shown in `timeZone`. */
  createdAt: string;
  snapshotAt: string;
  /** IANA name, e.g. `Europe/Riga`. */
  timeZone: string;
  /** The language shown first. */
  language: Language;
  /** Whether it is a copy under Art. 20, which tells nothing of Art. 15(1). */
  portable?: boolean;
  /** Whether the person was erased, so that it shows only what was kept. */
  erased?: boolean;
  controller: {
    name: string;
    registration?: string;
    address: string;
    email?: string;
    phone?: string;
    website?: string;
    officer?: string;
  };
  supervisor: { name: Text; address: string; email: string; website: string };
  /** How the operator made sure who asked; a plain string is shown in both languages as it is. */
  verifiedHow: string | Text;
  /** Only those that apply to this person; likewise recipients. */
  purposes: readonly PagePurpose[];
  recipients: readonly PageRecipient[];
  /** To whom the person's data was in fact given, as far as they may be told. */
  disclosed?: readonly PageDisclosure[];
  retention: readonly PageRetention[];
  sources: readonly { source: Source; tables: readonly Text[] }[];
  automatedDecisions: { exist: boolean; text: Text };
  transfers: Text;
  withheld: readonly PageWithheld[];
  /** Every table that was searched, those with 0 rows too. */
  tables: readonly PageContentsTable[];
  /** The archive's other files. */
  files: readonly { name: string; title: Text }[];
}
