import { type Html, html, isolated } from '../escape.js';
import { pageHead } from '../page-head.js';
import { paperStyle } from '../page-style.js';
import { requireText } from './check.js';
import type { LetterModel } from './model.js';
import { type Body, dayText, joined, lawText, mailLink, own, postal, siteLink, speaker, unbroken } from './parts.js';
import { LETTER_STYLE } from './style.js';

/** The whole page of a letter: letterhead, addressee and day, subject, body, signature, sources. */
export function sheet(model: LetterModel, body: Body): string {
  const { language, controller, request } = model;
  if (request !== undefined) requireText('the number of the request', request.number);
  const number =
    request === undefined
      ? undefined
      : speaker(language)({ lv: `Pieprasījums Nr. ${request.number}`, en: `Request no. ${request.number}` });
  return paper(
    { language, controller, title: body.subject, mark: number },
    html`${letterhead(model)}
<main>
${to(model)}
<h1>${body.subject}</h1>
<p>${greeting(model)}</p>
${body.content}<div class="whole">${body.contact}${closing(model)}
<footer class="law">${lawText(language, body)}</footer></div>
</main>`,
  );
}

/** A whole page in the letters' style, without scripts or outside parts; `mark` stands beside the title and on each sheet. */
export function paper(
  {
    language,
    controller,
    title,
    mark,
  }: Pick<LetterModel, 'language' | 'controller'> & { readonly title: string; readonly mark: string | undefined },
  content: Html,
): string {
  const styles = [paperStyle(controller.name, mark ?? title), LETTER_STYLE];
  return html`${pageHead({ language, title: mark === undefined ? title : `${title} (${mark})`, styles })}
<body>
<div class="sheet">
${content}
</div>
</body>
</html>
`.markup;
}

/** Who writes: name, registration, and how to reach them. */
export function letterhead({ language, controller }: Pick<LetterModel, 'language' | 'controller'>): Html {
  const say = speaker(language);
  const registration =
    controller.registration === undefined
      ? undefined
      : html`${say({ lv: 'Reģ. Nr.', en: 'Reg. no.' })} ${isolated(controller.registration)}`;
  const lines = [
    [registration, postal(controller.address)],
    [
      controller.phone === undefined ? undefined : unbroken(controller.phone),
      controller.email === undefined ? undefined : mailLink(controller.email),
      controller.website === undefined ? undefined : siteLink(controller.website),
    ],
  ]
    .map((parts) => parts.filter((part) => part !== undefined))
    .filter((parts) => parts.length > 0);
  return html`<header class="head"><p class="name">${isolated(controller.name)}</p>
${lines.map(
  (parts) => html`<p class="small">${joined(parts, ' · ')}</p>
`,
)}</header>`;
}

function to({ language, addressee, date, request, reference }: LetterModel): Html {
  const say = speaker(language);
  const number = request?.number ?? reference;
  const line = (value: string | undefined, label: string, lines = 1) =>
    value === undefined || value.trim() === ''
      ? html`${Array.from({ length: lines }, () => html`<span class="blank"></span>`)}<span class="under">${label}</span>`
      : own(value);
  return html`<div class="to"><address>${line(addressee?.name, say({ lv: 'vārds, uzvārds', en: 'name' }))}
${line(addressee?.address, say({ lv: 'adrese', en: 'address' }), 2)}</address>
<p class="day">${dayText(language, 'the day of the letter', date)}${
    number === undefined ? undefined : html`<br>${say({ lv: 'Nr.', en: 'No.' })} ${isolated(number)}`
  }</p></div>`;
}

function greeting({ language, addressee }: LetterModel): Html {
  const name = addressee?.name?.trim();
  return speaker(language)({
    lv: html`Labdien!`,
    en: name ? html`Dear ${isolated(name)},` : html`Dear Sir or Madam,`,
  });
}

function closing({ language, signatory, addressee }: LetterModel): Html {
  const say = speaker(language);
  const english = addressee?.name?.trim() ? 'Yours sincerely,' : 'Yours faithfully,';
  const place = (value: string | undefined, label: string) =>
    value === undefined || value.trim() === ''
      ? html`<div><span></span><span class="under">${label}</span></div>`
      : html`<div class="filled"><span>${isolated(value.trim())}</span></div>`;
  return html`<p class="close">${say({ lv: 'Ar cieņu', en: english })}</p>
<div class="signature">${place(signatory?.role, say({ lv: 'amats', en: 'position' }))}
${place(undefined, say({ lv: 'paraksts', en: 'signature' }))}
${place(signatory?.name, say({ lv: 'vārds, uzvārds', en: 'name' }))}</div>`;
}
