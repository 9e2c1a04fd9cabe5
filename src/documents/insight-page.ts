import { bar, chartSheet } from './chart-sheet.js';
import { instantIn } from './dates.js';
import { type Html, html, isolated } from './escape.js';
import type { Language, Text } from './page-model.js';

/** What the page of an insight tells: how many people, of nobody who they are. Instants are UTC with microseconds. */
export interface InsightModel {
  readonly controller: string;
  readonly operation: string;
  readonly timeZone: string;
  readonly segment: Text | null;
  readonly snapshot: string;
  readonly minimum: number;
  /** Null where it is withheld. */
  readonly people: number | null;
  readonly tables: readonly {
    readonly title: Text;
    /** How many people the shares are of; null where nothing is told. */
    readonly of: number | null;
    readonly lines: readonly { readonly label: Text; readonly count: number | null; readonly share: number | null }[];
    /** Values that are withheld together. */
    readonly withheld: { readonly values: number; readonly people: number } | null;
  }[];
}

/** The page of an insight: a chart a table, what is withheld named as such. */
export function insightPage(model: InsightModel): string {
  return chartSheet(
    { controller: model.controller, operation: model.operation, title: 'Insight' },
    (['en', 'lv'] as const).map((language) => part(model, language)),
  );
}

function part(model: InsightModel, language: Language): Html {
  const say = (text: Text) => text[language];
  const facts: readonly (readonly [Text, string | null])[] = [
    [{ lv: 'Segments', en: 'Segment' }, model.segment && say(model.segment)],
    [{ lv: 'Dati uz', en: 'Data as of' }, say(instantIn(model.snapshot, model.timeZone))],
    [{ lv: 'Operācija', en: 'Operation' }, model.operation],
  ];
  return html`<section lang="${language}"><h1>${say({ lv: 'Kopsavilkums par klientiem', en: 'Customers in figures' })}</h1>
<p>${
    model.people === null
      ? say({
          lv: 'Cilvēku ir tik maz, ka skaitļi kādu no viņiem varētu atklāt, tāpēc tie nav norādīti.',
          en: 'There are so few people that figures could give one of them away, so none are told.',
        })
      : say({ lv: `Kopā cilvēku: ${model.people}.`, en: `People in all: ${model.people}.` })
  } ${say({
    lv: `Skaitļi, kas mazāki par ${model.minimum}, nav norādīti, un arī citi ne, ja no tiem mazos varētu aprēķināt. Nav ieskaitīts neviens, kas iebildis pret profilēšanu, kura datu apstrāde ir ierobežota vai kura dati dzēsti.`,
    en: `Figures below ${model.minimum} are withheld, and others too where the small ones could be computed from them. Nobody is counted who objected to profiling, whose data are restricted or were erased.`,
  })}</p>
<dl class="facts">${facts.flatMap(([label, value]) =>
    value === null ? [] : [html`<div><dt>${say(label)}</dt><dd>${isolated(value)}</dd></div>`],
  )}</dl>
${model.tables.map((table) => chart(table, say))}</section>
`;
}

function chart({ title, of, lines, withheld }: InsightModel['tables'][number], say: (text: Text) => string): Html {
  const hidden = say({ lv: 'nav norādīts', en: 'withheld' });
  const told = (count: number, share: number | null) =>
    share === null ? String(count) : `${count} (${(share * 100).toFixed(1)} %)`;
  const rest =
    withheld === null
      ? undefined
      : bar(
          say({
            lv: `pārējās vērtības kopā (${withheld.values})`,
            en: `other values together (${withheld.values})`,
          }),
          of ?? 0,
          0,
          withheld.people,
          String(withheld.people),
        );
  const body =
    of === null
      ? html`<p>${hidden}</p>`
      : html`<div class="chart">
${lines.map(({ label, count, share }) => bar(isolated(say(label)), of, 0, count ?? 0, count === null ? hidden : told(count, share), count === null ? '' : 'kept'))}${rest}
</div>`;
  return html`<h2>${say(title)}</h2>
${body}
`;
}
