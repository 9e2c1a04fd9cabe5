import { groupBy } from '../foundation/group.js';
import { dateText, datetimeAttribute, instantIn, parseMoment } from './dates.js';
import { Html, html, isolated } from './escape.js';
import { counted } from './format.js';
import { both, openSection, section, t, table } from './markup.js';
import { pageHead } from './page-head.js';
import type { PageModel, PageWithheld, Text } from './page-model.js';
import { PAGE_SCRIPT } from './page-script.js';
import {
  automatedSection,
  contactSection,
  howLongSection,
  recipientsSection,
  rightsSection,
  sourcesSection,
  transfersSection,
  whySection,
} from './page-sections.js';
import { PAGE_STYLE, paperStyle } from './page-style.js';
import { fileLink, tableAnchor } from './page-table.js';
import { PORTABLE_REASON, PORTABLE_TEXTS } from './portable-texts.js';
import { BRIEF, NOUNS, TEXTS, WITHHELD_REASON } from './texts.js';

export type * from './page-model.js';
export { tableAnchor, tableBottom, tableRows, tableTop } from './page-table.js';

/**
 * The customer's page is written as a stream, in this order: `pageTop`, then for each table with rows `tableTop`
 * (with `tableAnchor` of its name), `tableRows` for each batch and `tableBottom`, then `pageBottom`.
 *
 * `pageTop` is everything up to the opened data section: who asked, the summary, Art. 15(1)(a)–(h) and 15(2).
 */
export function pageTop(model: PageModel): string {
  return html`${head(model)}
<body id="start">
<a class="skip" href="#content"><span class="keep" lang="lv">${TEXTS.skip.lv}</span> · <span class="keep" lang="en">${TEXTS.skip.en}</span></a>
${radio('lv', model)}${radio('en', model)}${bar(model)}
${new Html(`<script>${PAGE_SCRIPT}</script>`)}
<main id="content" tabindex="-1">
${hero(model)}
${brief(model)}
${model.portable ? undefined : accessSections(model)}${contactSection(model)}
${openData(model)}`.markup;
}

/** Art. 15(1) and (2). */
function accessSections(model: PageModel): Html {
  return html`${whySection(model)}${recipientsSection(model)}${howLongSection(model)}${sourcesSection(model)}
${automatedSection(model)}${transfersSection(model)}${rightsSection(model)}`;
}

/** The fixed texts of the page: some differ where it is a copy under Art. 20. */
function textsOf({ portable }: PageModel): Record<keyof typeof PORTABLE_TEXTS & keyof typeof TEXTS, Text> {
  return portable ? PORTABLE_TEXTS : TEXTS;
}

/** Closes the data section; what is withheld, where nothing is held, the files, how to verify; ends the document. */
export function pageBottom(model: PageModel): string {
  return html`</section>
${withheldSection(model)}${model.portable ? undefined : nothingSection(model)}${filesSection(model)}${verifySection()}</main>
<footer class="end"><p>${isolated(model.controller.name)} · ${t(TEXTS.reference)}: <bdi>${model.operation}</bdi> · ${t(TEXTS.made)}: ${instant(model.createdAt, model)}</p></footer>
</body>
</html>
`.markup;
}

function head(model: PageModel): Html {
  const { controller, operation, language } = model;
  const { pageTitle } = textsOf(model);
  const paper = paperStyle(controller.name, operation);
  return pageHead({
    language,
    title: pageTitle[language],
    titles: pageTitle,
    styles: [PAGE_STYLE, paper],
    scripts: [PAGE_SCRIPT],
    directives: ['img-src data:'],
  });
}

/** The radio buttons stand before everything that they show and hide, so that no script is needed. */
function radio(language: 'lv' | 'en', model: PageModel): Html {
  const checked = model.language === language ? new Html(' checked') : undefined;
  return html`<input type="radio" name="language" id="lang-${language}" value="${language}" autocomplete="off"${checked}>
`;
}

function bar({ controller }: PageModel): Html {
  return html`<header class="bar"><div><span class="owner">${isolated(controller.name)}</span>
<span class="switch"><span class="unseen">${t(TEXTS.language)}</span><label for="lang-lv" lang="lv" class="keep">Latviešu</label><label for="lang-en" lang="en" class="keep">English</label></span></div></header>`;
}

function instant(text: string, { timeZone }: PageModel): Html {
  const zone: Text = timeZone === 'Europe/Riga' ? TEXTS.rigaTime : { lv: timeZone, en: timeZone };
  const moment = parseMoment(text);
  const datetime = moment && datetimeAttribute(moment);
  return html`<time${datetime && html` datetime="${datetime}"`} data-raw="${text}">${t(instantIn(text, timeZone))}</time> <small>(${t(zone)})</small>`;
}

function tally({ tables }: PageModel): { records: number; groups: number } {
  const held = tables.filter(({ rows }) => rows > 0);
  return { records: held.reduce((sum, { rows }) => sum + rows, 0), groups: held.length };
}

function hero(model: PageModel): Html {
  const { records, groups } = tally(model);
  const texts = textsOf(model);
  const [record, group] = [counted(records, NOUNS.record), counted(groups, NOUNS.inGroups)];
  const name = html`<strong>${isolated(model.controller.name)}</strong>`;
  const how = typeof model.verifiedHow === 'string' ? isolated(model.verifiedHow) : t(model.verifiedHow);
  const rows: [Text, Html][] = [
    [TEXTS.asOf, instant(model.snapshotAt, model)],
    [TEXTS.identityCheck, how],
    [TEXTS.made, instant(model.createdAt, model)],
    [TEXTS.reference, isolated(model.operation)],
  ];
  return html`<div class="hero">
<h1>${t(texts.pageTitle)}</h1>
<p class="lede">${lede(model, name)}</p>
<p class="tally">${
    records === 0
      ? t(texts.noData)
      : both(
          html`Kopā <strong>${record.lv}</strong> <strong>${group.lv}</strong>.`,
          html`In all <strong>${record.en}</strong> in <strong>${group.en}</strong>.`,
        )
  }</p>
<p class="prose">${t(texts.requested)}</p>${
    model.erased
      ? html`
<p class="prose">${t(TEXTS.erased)}</p>`
      : undefined
  }
<dl class="facts">${rows.map(([label, value]) => html`<div><dt>${t(label)}</dt><dd>${value}</dd></div>`)}</dl>
</div>`;
}

function lede({ portable }: PageModel, name: Html): Html {
  if (!portable)
    return both(html`Šie ir dati, ko par Jums glabā ${name}.`, html`These are the data that ${name} holds about you.`);
  return both(
    html`Šie ir dati, ko ${name} Jums izsniedz, lai Jūs tos varētu pārnest pie cita pakalpojumu sniedzēja.`,
    html`These are the data that ${name} hands to you, so that you can take them to another provider.`,
  );
}

/** The questions of Art. 15 with a short answer each, linked to the long one. */
function brief(model: PageModel): Html {
  const { records } = tally(model);
  const hidden = model.withheld.reduce((sum, { columns }) => sum + columns.length, 0);
  const abroad = model.recipients.filter(({ transfer }) => transfer !== undefined).length;
  const none = (count: number, text: Text) => (count === 0 ? BRIEF.none : text);
  const portable: [string, Text, Text][] = [
    ['data', TEXTS.data, counted(records, NOUNS.record)],
    ['files', PORTABLE_TEXTS.files, PORTABLE_TEXTS.formats],
    ['withheld', TEXTS.withheld, BRIEF.withheld(hidden)],
  ];
  const access: [string, Text, Text][] = [
    ['data', TEXTS.data, counted(records, NOUNS.record)],
    ['why', TEXTS.why, none(model.purposes.length, counted(model.purposes.length, NOUNS.purpose))],
    ['who', TEXTS.who, none(model.recipients.length, counted(model.recipients.length, NOUNS.recipient))],
    ['how-long', TEXTS.howLong, howLongAnswer(model)],
    ['whence', TEXTS.whence, whenceAnswer(model)],
    ['automated', TEXTS.automated, BRIEF.automated[model.automatedDecisions.exist ? 'true' : 'false']],
    ['transfers', TEXTS.transfers, BRIEF.outside(abroad)],
    ['rights', TEXTS.rights, BRIEF.rights],
    ['withheld', TEXTS.withheld, BRIEF.withheld(hidden)],
  ];
  const answers = model.portable ? portable : access;
  return html`<nav aria-labelledby="brief-title"><h2 class="unseen" id="brief-title">${t(TEXTS.brief)}</h2>
<ul class="brief">${answers.map(
    ([id, question, answer]) =>
      html`<li><a href="#${id}"><span class="ask">${t(question)}</span> <span class="answer">${t(answer)}</span></a></li>
`,
  )}</ul></nav>`;
}

function howLongAnswer({ retention }: PageModel): Text {
  const last =
    retention
      .flatMap((rule) => rule.last ?? [])
      .toSorted()
      .at(-1) ?? '';
  const moment = parseMoment(last);
  const open = retention.some(({ undetermined }) => undetermined > 0);
  if (moment === undefined) return open ? BRIEF.notStarted : BRIEF.seeEach;
  const dative = BRIEF.latest({ lv: dateText(moment, 'dative').lv, en: dateText(moment).en });
  return open ? { lv: `${dative.lv}; ${BRIEF.partlyOpen.lv}`, en: `${dative.en}; ${BRIEF.partlyOpen.en}` } : dative;
}

function whenceAnswer({ sources }: PageModel): Text {
  const words = sources.filter(({ tables }) => tables.length > 0).map(({ source }) => BRIEF.source[source]);
  if (words.length === 0) return BRIEF.seeEach;
  const [lv, en] = [words.map((word) => word.lv).join(', '), words.map((word) => word.en).join(', ')];
  return { lv: lv.charAt(0).toUpperCase() + lv.slice(1), en: en.charAt(0).toUpperCase() + en.slice(1) };
}

function openData(model: PageModel): Html {
  const held = model.tables.filter(({ rows }) => rows > 0);
  const opening = openSection({
    id: 'data',
    title: TEXTS.data,
    article: model.portable
      ? { lv: 'VDAR 20. panta 1.\u00a0punkts', en: 'GDPR Article\u00a020(1)' }
      : { lv: 'VDAR 15. panta 3.\u00a0punkts', en: 'GDPR Article\u00a015(3)' },
  });
  if (held.length === 0)
    return html`${opening}<p class="prose">${t(textsOf(model).noData)}</p>
`;
  const offset = model.timeZone === 'Europe/Riga' ? TEXTS.rigaOffset : TEXTS.otherOffset;
  return html`${opening}<p class="prose">${t(TEXTS.dataLede)} ${t(offset)}</p>
<nav aria-labelledby="contents-title"><h3 class="unseen" id="contents-title">${t(TEXTS.contents)}</h3>
<ul class="contents">${held.map(
    ({ name, title, rows, files }) =>
      html`<li><a href="#${tableAnchor(name)}">${t(title)}</a><span class="small">${t(counted(rows, NOUNS.record))}</span><span class="files">${fileLink(files.csv, 'CSV')} ${fileLink(files.json, 'JSON')}</span></li>
`,
  )}</ul></nav>
`;
}

function withheldSection(model: PageModel): Html {
  const head = { id: 'withheld', title: TEXTS.withheld };
  const texts = textsOf(model);
  const rows = model.withheld.flatMap((group) =>
    (model.portable ? joined(group.columns) : group.columns).map((column) => withheldRow(model, group, column)),
  );
  if (rows.length === 0) return section(head, html`<p class="prose">${t(texts.nothingWithheld)}</p>`);
  const titles = [TEXTS.field, TEXTS.reason, TEXTS.records];
  return section(head, html`<p class="prose">${t(texts.withheldLede)}</p>`, table('withheld-title', titles, rows));
}

type WithheldColumn = PageWithheld['columns'][number];

/** Fields of a table that are left out for one reason share a line: under Art. 20 whole tables are. */
function joined(columns: readonly WithheldColumn[]): WithheldColumn[] {
  const lines = groupBy(columns, ({ reason, rows, text }) => JSON.stringify([reason, rows, text]));
  return [...lines.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const title = {
      lv: same.map((item) => item.title.lv).join(', '),
      en: same.map((item) => item.title.en).join(', '),
    };
    return [{ ...first, title }];
  });
}

function withheldRow(model: PageModel, group: PageWithheld, { title, reason, text, rows }: WithheldColumn): Html[] {
  const more = text && html`<p class="small">${t(text)}</p>`;
  return [
    html`<strong>${t(title)}</strong><p class="small">${t(group.tableTitle)}</p>`,
    html`${t((model.portable ? PORTABLE_REASON : WITHHELD_REASON)[reason])}${more}`,
    t(counted(rows, NOUNS.record)),
  ];
}

function nothingSection({ tables }: PageModel): Html {
  const head = { id: 'nothing', title: TEXTS.nothing };
  const empty = tables.filter(({ rows }) => rows === 0);
  if (empty.length === 0) return section(head, html`<p class="prose">${t(TEXTS.everywhereSomething)}</p>`);
  return section(
    head,
    html`<p class="prose">${t(TEXTS.nothingLede)}</p>
<ul class="plain">${empty.map(({ title }) => html`<li>${t(title)}</li>`)}</ul>`,
  );
}

function filesSection(model: PageModel): Html {
  const { tables, files } = model;
  const texts = textsOf(model);
  const rows = [
    ...tables
      .filter((entry) => entry.rows > 0)
      .map((entry) => [t(entry.title), html`${fileLink(entry.files.csv)}<br>${fileLink(entry.files.json)}`]),
    ...files.map(({ name, title }) => [t(title), fileLink(name)]),
  ];
  return section(
    { id: 'files', title: texts.files },
    html`<p class="prose">${t(texts.filesLede)}</p>`,
    table('files-title', [TEXTS.whatItIs, TEXTS.file], rows),
  );
}

function verifySection(): Html {
  return section(
    { id: 'verify', title: TEXTS.verify },
    html`<ol class="steps">${TEXTS.verifySteps.map((step) => html`<li>${t(step)}</li>`)}</ol>
<p class="prose small">${t(TEXTS.verifyExpert)} <code>gdpr archive verify</code>.</p>`,
  );
}
