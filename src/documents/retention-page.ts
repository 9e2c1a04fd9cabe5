import { groupBy } from '../foundation/group.js';
import { chartSheet, stacked } from './chart-sheet.js';
import { instantIn, monthText } from './dates.js';
import { type Html, html, isolated } from './escape.js';
import type { Language, Text } from './page-model.js';

/** Rows of one rule in one table that fell due in one month (first day, ISO 8601). */
export interface RetentionCounts {
  readonly month: string;
  readonly eligible: number;
  readonly held: number;
  readonly excepted: number;
  readonly deleted: number;
  readonly changed: number;
}

/** What the page of a retention run tells; nothing about anybody. Instants are UTC with microseconds. */
export interface RetentionModel {
  readonly controller: string;
  readonly operation: string;
  readonly continues: string | null;
  readonly timeZone: string;
  readonly asOf: string;
  readonly startedAt: string;
  /** Null where it was cut short, as `stopped`. */
  readonly endedAt: string | null;
  readonly stopped: 'done' | 'duration' | 'rows' | 'signal' | null;
  readonly operator: string;
  readonly ruleSet: {
    readonly digest: string;
    readonly preparedBy: string;
    readonly approvedBy: string;
    readonly approvedAt: string;
    readonly mode: 'roles' | 'names';
  };
  readonly confirmed: Readonly<Record<string, number>>;
  readonly finished: number;
  readonly locked: number;
  readonly rules: readonly {
    readonly id: string;
    readonly title: Text;
    /** ISO 8601. */
    readonly period: string;
    readonly from: 'event' | 'financial-year-end';
    readonly law: string;
    readonly confirmedBy: string | null;
    readonly tables: readonly {
      readonly table: string;
      readonly title: Text;
      readonly months: readonly RetentionCounts[];
    }[];
  }[];
}

const LANGUAGES = ['en', 'lv'] as const;
/** A chart of more lines than this has a line a year. */
const MOST_MONTHS = 12;

const STOPPED: Readonly<Record<NonNullable<RetentionModel['stopped']> | 'cut', Text>> = {
  done: { lv: 'viss, ko drīkstēja, ir izdarīts', en: 'all that was free to go has gone' },
  duration: { lv: 'beidzās tai atvēlētais laiks', en: 'its time was used up' },
  rows: { lv: 'sasniegts tai atvēlētais rindu skaits', en: 'its number of rows was used up' },
  signal: { lv: 'to apturēja', en: 'it was told to stop' },
  cut: { lv: 'tā tika pārtraukta', en: 'it was cut short' },
};

const FROM: Readonly<Record<RetentionModel['rules'][number]['from'], Text>> = {
  event: { lv: 'no notikuma', en: 'from the event' },
  'financial-year-end': { lv: 'no finanšu gada beigām', en: 'from the end of the financial year' },
};

/** The page of a run of retention: under which rules, and as charts what was due and what went. */
export function retentionPage(model: RetentionModel): string {
  return chartSheet(
    { controller: model.controller, operation: model.operation, title: 'Retention run' },
    LANGUAGES.map((language) => part(model, language)),
  );
}

type Say = (text: Text) => string;

function part(model: RetentionModel, language: Language): Html {
  const say = (text: Text) => text[language];
  const at = (instant: string) => say(instantIn(instant, model.timeZone));
  const { ruleSet } = model;
  const all = model.rules.flatMap(({ tables }) => tables.flatMap(({ months }) => months));
  const total = sum(all);
  const confirmed = Object.entries(model.confirmed).map(([table, rows]) => `${table} ${rows}`);
  return html`<section class="run" lang="${language}"><h1>${say({ lv: 'Glabāšanas termiņu izpilde', en: 'Retention run' })}</h1>
<p>${say({
    lv: 'Dati, kuru glabāšanas termiņš ir beidzies, ir dzēsti vai mainīti pēc noteikumiem, kam piekrituši divi cilvēki. Te ir tikai skaitļi, ziņu par cilvēkiem nav.',
    en: 'Data whose period has ended were deleted or changed, by rules that two people agreed on. These are figures alone, and say nothing about anybody.',
  })}</p>
${facts(say, [
  [{ lv: 'Bija dzēšamas vai maināmas rindas', en: 'Rows that were free to go' }, String(total.eligible)],
  [{ lv: 'Dzēstas', en: 'Deleted' }, String(total.deleted)],
  [{ lv: 'Mainītas', en: 'Changed' }, String(total.changed)],
  [{ lv: 'Palikušas', en: 'Still there' }, String(left(total))],
  [{ lv: 'Termiņš beidzies, bet glabā prasība', en: 'Due, but on hold' }, String(total.held)],
  [{ lv: 'Termiņš beidzies, bet vēl gaida', en: 'Due, but waiting' }, String(total.excepted)],
])}
${facts(say, [
  [{ lv: 'Termiņi skaitīti uz', en: 'Due as of' }, at(model.asOf)],
  [{ lv: 'Sākta', en: 'Began' }, at(model.startedAt)],
  [{ lv: 'Beigta', en: 'Ended' }, model.endedAt && at(model.endedAt)],
  [{ lv: 'Kāpēc beigta', en: 'Ended because' }, say(STOPPED[model.stopped ?? 'cut'])],
  [{ lv: 'Turpina operāciju', en: 'Goes on with operation' }, model.continues],
  [{ lv: 'Operators', en: 'Operator' }, model.operator],
  [{ lv: 'Noteikumus sagatavoja', en: 'Rules prepared by' }, ruleSet.preparedBy],
  [
    { lv: 'Noteikumiem piekrita', en: 'Rules agreed to by' },
    `${ruleSet.approvedBy}, ${at(ruleSet.approvedAt)}${modeText(ruleSet.mode, say)}`,
  ],
  [{ lv: 'Noteikumu SHA-256', en: 'SHA-256 of the rules' }, ruleSet.digest.replace('sha256:', '')],
  [{ lv: 'Apstiprināts virs atļautās daļas', en: 'Confirmed above the share' }, confirmed.join(', ') || null],
  [
    { lv: 'Ar to pabeigtas dzēšanas', en: 'Erasures that it finished' },
    model.finished === 0 ? null : String(model.finished),
  ],
  [
    { lv: 'Rindas, ko tobrīd lietoja veikals', en: 'Rows that the shop was using' },
    model.locked === 0 ? null : String(model.locked),
  ],
  [{ lv: 'Operācija', en: 'Operation' }, model.operation],
])}
<h2>${say({ lv: 'Kad beidzās termiņš un kas no tā dzēsts vai mainīts', en: 'When it fell due, and what of it went' })}</h2>
${legend(say)}
${chart(all, say, language)}
${model.rules.map(
  (rule) => html`<h2>${say(rule.title)}</h2>
${facts(say, [
  [{ lv: 'Noteikums', en: 'Rule' }, rule.id],
  [{ lv: 'Termiņš', en: 'Period' }, `${rule.period} ${say(FROM[rule.from])}`],
  [{ lv: 'Tiesību akts', en: 'Law' }, rule.law],
  [{ lv: 'Termiņu noteica', en: 'Decided by' }, rule.confirmedBy],
])}
${rule.tables.length === 0 ? nothing(say) : undefined}${rule.tables.map(
  ({ table, title, months }) => html`<h3>${isolated(say(title))} <span class="small">${isolated(table)}</span></h3>
${chart(months, say, language)}
`,
)}`,
)}</section>
`;
}

function modeText(mode: 'roles' | 'names', say: Say): string {
  return mode === 'roles'
    ? ''
    : say({ lv: ' (cits vārds; datu bāze to nepārbauda)', en: ' (another name; not enforced by the database)' });
}

function facts(say: Say, rows: readonly (readonly [Text, string | null])[]): Html {
  return html`<dl class="facts">${rows.flatMap(([label, value]) =>
    value === null ? [] : [html`<div><dt>${say(label)}</dt><dd>${isolated(value)}</dd></div>`],
  )}</dl>`;
}

function legend(say: Say): Html {
  const mark = (kind: string, text: Text) =>
    html`<span><svg aria-hidden="true"><rect class="${kind}" x="0" y="0" width="100%" height="100%"/></svg>${say(text)}</span>`;
  return html`<p class="legend small">${mark('went', { lv: 'dzēstas vai mainītas', en: 'deleted or changed' })}${mark('left', { lv: 'palikušas', en: 'still there' })}${mark('waits', { lv: 'uz tām attiecas prasība vai cits iemesls glabāt', en: 'kept by a hold or another reason' })}</p>`;
}

/** A line a month, or a year where there are many: all that was due, and of it what went, what is left and what is kept. */
function chart(counts: readonly RetentionCounts[], say: Say, language: Language): Html {
  const months = groupBy(counts, ({ month }) => month);
  const yearly = months.size > MOST_MONTHS;
  const spans = yearly ? groupBy(counts, ({ month }) => month.slice(0, 4)) : months;
  const lines = [...spans].sort(([a], [b]) => (a < b ? -1 : 1)).map(([span, group]) => ({ span, ...sum(group) }));
  const all = (line: Sum) => line.eligible + line.held + line.excepted;
  const most = Math.max(1, ...lines.map(all));
  const label = say({
    lv: 'Kad beidzās termiņš un cik rindu dzēsts vai mainīts',
    en: 'When rows fell due, and how many of them went',
  });
  if (lines.length === 0) return nothing(say);
  return html`<div class="chart months" role="img" aria-label="${label}">
${lines.map((line) =>
  stacked(
    yearly ? say({ lv: `${line.span}. gads`, en: line.span }) : monthText(line.span)[language],
    most,
    [
      { kind: 'went', count: line.deleted + line.changed },
      { kind: 'left', count: left(line) },
      { kind: 'waits', count: line.held + line.excepted },
    ],
    say({ lv: `${line.deleted + line.changed} no ${all(line)}`, en: `${line.deleted + line.changed} of ${all(line)}` }),
  ),
)}</div>`;
}

function nothing(say: Say): Html {
  return html`<p>${say({ lv: 'Nekam termiņš nebija beidzies.', en: 'Nothing was due.' })}</p>`;
}

type Sum = Omit<RetentionCounts, 'month'>;

function sum(counts: readonly Sum[]): Sum {
  const of = (name: keyof Sum) => counts.reduce((total, each) => total + each[name], 0);
  return {
    eligible: of('eligible'),
    held: of('held'),
    excepted: of('excepted'),
    deleted: of('deleted'),
    changed: of('changed'),
  };
}

/** Rows that may have changed since they were counted: never fewer than none. */
function left({ eligible, deleted, changed }: Sum): number {
  return Math.max(0, eligible - deleted - changed);
}
