import { dateText, instantIn, parseMoment } from './dates.js';
import { type Html, type HtmlValue, html, isolated, webAddress } from './escape.js';
import { articleText, counted, countryText, periodText } from './format.js';
import { both, facts, inline, section, t, table } from './markup.js';
import type { PageDisclosure, PageModel, PagePurpose, PageRecipient, PageRetention, Text } from './page-model.js';
import { PORTABLE_TEXTS } from './portable-texts.js';
import { RIGHTS, RIGHTS_TEXTS } from './rights.js';
import { BASIS, NOUNS, ROLE, SOURCE, TEXTS } from './texts.js';

/** `VDAR 15. panta …` · `GDPR Article …` */
function regulation(article: string): Text {
  const text = articleText(article);
  return { lv: `VDAR ${text.lv}`, en: `GDPR ${text.en}` };
}

/** Two points of Art. 15(1): `VDAR 15. panta 1. punkta a) un b) apakšpunkts` · `GDPR Article 15(1)(a) and (b)` */
function twoPoints(first: string, second: string): Text {
  const text = regulation(`15(1)(${first})`);
  return { lv: text.lv.replace(`${first})`, `${first}) un\u00a0${second})`), en: `${text.en} and\u00a0(${second})` };
}

/** Art. 15(1)(a) and (b): each purpose with its basis and the kinds of data held for it. */
export function whySection(model: PageModel): Html {
  const head = { id: 'why', title: TEXTS.why, article: twoPoints('a', 'b') };
  if (model.purposes.length === 0) return section(head, html`<p class="prose">${t(TEXTS.noPurpose)}</p>`);
  return section(head, html`<ul class="cards wide">${model.purposes.map(purposeCard)}</ul>`);
}

function purposeCard(purpose: PagePurpose): Html {
  return html`<li><h3>${t(purpose.title)}</h3>
${purpose.description && html`<p>${t(purpose.description)}</p>`}${facts([
  [TEXTS.legalBasis, basis(purpose.basis)],
  [TEXTS.law, purpose.law === undefined ? undefined : isolated(purpose.law)],
  [TEXTS.ourInterest, purpose.interest && t(purpose.interest)],
  [TEXTS.categories, purpose.categories.length === 0 ? undefined : inline(purpose.categories)],
])}</li>
`;
}

function basis(text: string): HtmlValue {
  const points = (text.match(/\b[69]\([12]\)\([a-j]\)/g) ?? []).filter((point) => point in BASIS);
  if (points.length === 0) return isolated(text);
  return points.map((point) => html`<p>${t(BASIS[point] as Text)}</p><p class="small">${t(regulation(point))}</p>`);
}

/** Art. 15(1)(c): recipients by name (C-154/21). */
export function recipientsSection(model: PageModel): Html {
  const head = { id: 'who', title: TEXTS.who, article: regulation('15(1)(c)') };
  const { recipients, disclosed = [] } = model;
  if (recipients.length + disclosed.length === 0)
    return section(head, html`<p class="prose">${t(TEXTS.noRecipient)}</p>`);
  const titles = [TEXTS.recipient, TEXTS.forWhat, TEXTS.categories, TEXTS.country];
  const given = [TEXTS.recipient, TEXTS.givenOn, TEXTS.onWhat, TEXTS.categories];
  return section(
    head,
    recipients.length === 0 ? html`` : table('who-title', titles, recipients.map(recipientRow)),
    disclosed.length === 0
      ? html``
      : html`<h3 id="given-title">${t(TEXTS.given)}</h3>
${table(
  'given-title',
  given,
  disclosed.map((each) => disclosureRow(model, each)),
)}`,
  );
}

function disclosureRow({ timeZone }: PageModel, { name, kind, at, basis, categories }: PageDisclosure): HtmlValue[] {
  return [
    html`<strong>${typeof name === 'string' ? isolated(name) : t(name)}</strong><p class="small">${t(kind)}</p>`,
    t(instantIn(at, timeZone)),
    basis === undefined ? undefined : isolated(basis),
    inline(categories),
  ];
}

function recipientRow(recipient: PageRecipient): HtmlValue[] {
  const transfer = recipient.transfer && html`<p class="small">${t(recipient.transfer)}</p>`;
  return [
    html`<strong>${isolated(recipient.name)}</strong><p class="small">${t(recipient.kind)}</p><p class="small">${t(ROLE[recipient.role])}</p>`,
    inline(recipient.purposes),
    inline(recipient.categories),
    html`${t(countryText(recipient.country))}${transfer}`,
  ];
}

/** Art. 15(1)(d): the dates calculated for this person's rows. */
export function howLongSection(model: PageModel): Html {
  const head = { id: 'how-long', title: TEXTS.howLong, article: regulation('15(1)(d)') };
  const rules = model.retention.filter(({ rows }) => rows > 0);
  const covered = new Set(rules.map((rule) => rule.table));
  const others = model.tables.filter(({ name, rows }) => rows > 0 && !covered.has(name));
  const rows = [
    ...rules.map(retentionRow),
    ...others.map((other): HtmlValue[] => [
      groupCell(other.title, other.rows),
      t(TEXTS.noDate),
      t(other.keptBecause ?? TEXTS.noPeriod),
    ]),
  ];
  if (rows.length === 0) return section(head, html`<p class="prose">${t(TEXTS.noData)}</p>`);
  return section(
    head,
    html`<p class="prose">${t(TEXTS.howLongLede)}</p>`,
    table('how-long-title', [TEXTS.dataGroup, TEXTS.keptUntil, TEXTS.keptWhy], rows),
  );
}

function groupCell(title: Text, rows: number): Html {
  return html`<strong>${t(title)}</strong><p class="small">${t(counted(rows, NOUNS.record))}</p>`;
}

function retentionRow(rule: PageRetention): HtmlValue[] {
  const open = rule.undetermined > 0 || rule.first === null;
  return [
    groupCell(rule.tableTitle, rule.rows),
    html`${dateRange(rule)}${open ? openEnd(rule) : undefined}`,
    html`${t(rule.title)}: ${t(periodText(rule.period))}<p class="small">${isolated(rule.law)}</p>`,
  ];
}

/** `no 2027. gada 12. maija līdz 2031. gada 3. janvārim` · `from 12 May 2027 to 3 January 2031` */
function dateRange({ first, last }: PageRetention): Html | undefined {
  const from = first === null ? undefined : parseMoment(first);
  const to = last === null ? undefined : parseMoment(last);
  if (from === undefined || to === undefined) return undefined;
  if (first === last) {
    const day = dateText(from, 'locative');
    return html`<p>${both(day.lv, `on ${day.en}`)}</p>`;
  }
  const [start, end] = [dateText(from, 'genitive'), dateText(to, 'dative')];
  return html`<p>${both(`no ${start.lv} līdz ${end.lv}`, `from ${start.en} to ${end.en}`)}</p>`;
}

function openEnd(rule: PageRetention): Html {
  const count =
    rule.undetermined > 0 && rule.undetermined < rule.rows ? counted(rule.undetermined, NOUNS.record) : undefined;
  const lv = count === undefined ? 'Datums vēl nav zināms' : `${count.lv}: datums vēl nav zināms`;
  const en = count === undefined ? 'The date is not known yet' : `${count.en}: the date is not known yet`;
  return html`<p>${both(`${lv}. ${rule.criterion.lv}`, `${en}. ${rule.criterion.en}`)}</p>`;
}

/** Art. 15(1)(g): where the data come from. */
export function sourcesSection(model: PageModel): Html {
  return section(
    { id: 'whence', title: TEXTS.whence, article: regulation('15(1)(g)') },
    facts(
      model.sources
        .filter(({ tables }) => tables.length > 0)
        .map(({ source, tables }) => [SOURCE[source], inline(tables)]),
    ),
    html`<p class="prose">${t(TEXTS.whenceLede)}</p>`,
  );
}

/** Art. 15(1)(h). */
export function automatedSection({ automatedDecisions: { exist, text } }: PageModel): Html {
  return section(
    { id: 'automated', title: TEXTS.automated, article: regulation('15(1)(h)') },
    html`<p class="prose">${t(exist ? TEXTS.automatedYes : TEXTS.automatedNo)} ${t(text)}</p>
${exist ? html`<p class="prose">${t(TEXTS.automatedRight)}</p>` : undefined}`,
  );
}

/** Art. 15(2). */
export function transfersSection(model: PageModel): Html {
  const abroad = model.recipients.filter((recipient) => recipient.transfer !== undefined);
  return section(
    { id: 'transfers', title: TEXTS.transfers, article: regulation('15(2)') },
    html`<p class="prose">${t(model.transfers)}</p>
${
  abroad.length > 0
    ? html`<ul class="plain">${abroad.map(
        ({ name, country, transfer }) =>
          html`<li><strong>${isolated(name)}</strong>, ${t(countryText(country))}: ${transfer && t(transfer)}</li>`,
      )}</ul>`
    : undefined
}`,
  );
}

/** Art. 15(1)(e) and (f): rights, complaint, court. */
export function rightsSection({ controller, supervisor }: PageModel): Html {
  const complaint = html`<p>${t(RIGHTS_TEXTS.complaint)}</p>
<address><strong>${t(supervisor.name)}</strong><br><bdi>${supervisor.address}</bdi><br>${mail(supervisor.email)}<br>${site(supervisor.website)}</address>`;
  const cards = [
    ...RIGHTS.map(({ title, text, articles, absolute }) =>
      rightCard(title, html`<p>${t(text)}</p>`, articles, absolute),
    ),
    rightCard(RIGHTS_TEXTS.complaintTitle, complaint, '77'),
    rightCard(RIGHTS_TEXTS.courtTitle, html`<p>${t(RIGHTS_TEXTS.court)}</p>`, '79, 82'),
  ];
  const where = controller.email === undefined ? isolated(controller.address) : mail(controller.email);
  return section(
    { id: 'rights', title: TEXTS.rights, article: twoPoints('e', 'f') },
    html`<p class="prose">${t(RIGHTS_TEXTS.write)} ${where}. ${t(RIGHTS_TEXTS.how)}</p>
<ul class="cards rights">${cards}</ul>`,
  );
}

function rightCard(title: Text, text: Html, articles: string, absolute = false): Html {
  const [first, ...more] = articles.split(', ');
  const words = articleText(first as string);
  const lv = [words.lv, ...more.map((article) => articleText(article).lv)].join(', ');
  const en =
    more.length === 0
      ? words.en
      : `${words.en.replace('Article', 'Articles')} ${more.map((article) => `and ${article}`).join(' ')}`;
  const tag = absolute ? html`<li class="absolute">` : html`<li>`;
  return html`${tag}<h3>${t(title)}</h3>${text}<p class="small">${both(lv, en)}</p></li>
`;
}

/** Where no section tells of complaints, the authority stands here. */
export function contactSection({ controller, supervisor, portable }: PageModel): Html {
  return section(
    { id: 'contact', title: TEXTS.contact },
    facts([
      [TEXTS.controller, isolated(controller.name)],
      [TEXTS.registration, controller.registration && isolated(controller.registration)],
      [TEXTS.address, isolated(controller.address)],
      [TEXTS.email, controller.email && mail(controller.email)],
      [TEXTS.phone, controller.phone && isolated(controller.phone)],
      [TEXTS.website, controller.website && site(controller.website)],
      [TEXTS.officer, controller.officer && isolated(controller.officer)],
      [
        PORTABLE_TEXTS.supervisor,
        portable ? html`${t(supervisor.name)}, <bdi>${supervisor.address}</bdi>, ${mail(supervisor.email)}` : undefined,
      ],
    ]),
  );
}

function mail(address: string): Html {
  return /^[^\s@<>"?&]+@[^\s@<>"?&]+$/.test(address)
    ? html`<a href="mailto:${encodeURI(address)}"><bdi>${address}</bdi></a>`
    : isolated(address);
}

function site(address: string): Html {
  const href = webAddress(address);
  return href === undefined ? isolated(address) : html`<a href="${href}" rel="noreferrer"><bdi>${address}</bdi></a>`;
}
