import { type Html, html, isolated } from '../escape.js';
import { articleText } from '../format.js';
import { refused, requireSome, requireText } from './check.js';
import type { RefusalModel, RefusalReason } from './model.js';
import {
  askedArticles,
  type Body,
  complaintPart,
  contactPart,
  courtPart,
  dayText,
  factLines,
  joined,
  own,
  requestLines,
  speaker,
} from './parts.js';
import { groundArticle, REFUSAL_GROUNDS } from './refusal-grounds.js';

/** A refusal, whole or in part, with its four parts: reasons, complaint, court, no charge (Art. 12(4) and (5)). */
export function refusalBody(model: RefusalModel): Body {
  const { language, reasons, granted } = model;
  check(model);
  const say = speaker(language);
  const partly = granted !== undefined;
  const content = html`<p>${
    partly
      ? say({
          lv: 'Jūsu pieprasījumu izskatījām un izpildām daļēji. Tālāk paskaidrojam, ko izdarām un kāpēc pārējo nevaram.',
          en: 'We have considered your request and act on it in part. Below we explain what we do, and why we cannot do the rest.',
        })
      : say({
          lv: 'Jūsu pieprasījumu izskatījām un to izpildīt nevaram. Tālāk paskaidrojam iemeslus un to, ko varat darīt, ja nepiekrītat.',
          en: 'We have considered your request and cannot act on it. Below we explain the reasons, and what you can do if you disagree.',
        })
  }</p>
${factLines([
  ...requestLines(model),
  [say({ lv: 'Ko izdarām', en: 'What we do' }), granted === undefined ? undefined : own(granted)],
])}<h2>1. ${say({ lv: 'Iemesli', en: 'Reasons' })}</h2>
<ul>${reasons.map(
    (reason) => html`<li>${reasonText(model, reason)}</li>
`,
  )}</ul>
<h2>2. ${say({ lv: 'Jūsu tiesības iesniegt sūdzību', en: 'Your right to complain' })}</h2>
${complaintPart(model, {
  lv: 'Ja mūsu lēmumam nepiekrītat, varat iesniegt sūdzību uzraudzības iestādei:',
  en: 'If you disagree with our decision, you can lodge a complaint with the supervisory authority:',
})}<h2>3. ${say({ lv: 'Jūsu tiesības vērsties tiesā', en: 'Your right to go to court' })}</h2>
${courtPart(model)}<h2>4. ${say({ lv: 'Maksa', en: 'Charges' })}</h2>
<p>${say({
    lv: 'Par pieprasījuma izskatīšanu un šo atbildi nav jāmaksā.',
    en: 'Dealing with your request and this answer are free of charge.',
  })}</p>
`;
  const grounds = reasons.flatMap(({ ground }) => groundArticle(ground, model.request.asked) ?? []);
  return {
    subject: partly
      ? say({ lv: 'Jūsu pieprasījumu izpildām daļēji', en: 'We act on your request in part' })
      : say({ lv: 'Jūsu pieprasījumu nevaram izpildīt', en: 'We cannot act on your request' }),
    content,
    contact: contactPart(model, {
      lv: 'Ja kaut kas nav skaidrs vai vēlaties sniegt ziņas, kuras neņēmām vērā, vērsieties pie mums:',
      en: 'If anything is unclear, or you wish to tell us something that we did not take into account, please contact us:',
    }),
    articles: ['12(4)', '12(5)', ...grounds, ...askedArticles(model), '77', '79', '82'],
  };
}

function reasonText({ language, request }: RefusalModel, { ground, facts, what, until, law }: RefusalReason): Html {
  const say = speaker(language);
  const article = groundArticle(ground, request.asked);
  const places = [
    article === undefined ? undefined : html`${say({ lv: 'VDAR', en: 'GDPR' })} ${articleText(article)[language]}`,
    law === undefined ? undefined : isolated(law),
  ].filter((place) => place !== undefined);
  return html`<strong>${REFUSAL_GROUNDS[ground].text[language]}</strong>${
    what === undefined ? undefined : html` ${say({ lv: 'Dati:', en: 'Data:' })} ${isolated(what)}.`
  } ${own(facts)}${
    until === undefined
      ? undefined
      : html` ${say({
          lv: `Glabāsim līdz ${dayText(language, 'the day until which data are kept', until, 'dative')}.`,
          en: `We keep them until ${dayText(language, 'the day until which data are kept', until)}.`,
        })}`
  }<br><span class="small">${joined(places, '; ')}</span>`;
}

function check({ reasons, granted, request }: RefusalModel): void {
  requireSome('reason for the refusal', reasons);
  for (const { ground, facts, law } of reasons) {
    requireText('the facts behind each reason', facts);
    if (ground === 'other-law') requireText('the law behind the reason', law);
  }
  if (granted !== undefined) requireText('what is done nevertheless', granted);
  const absolute = request.asked.some((asked) => asked === 'marketing-objection' || asked === 'withdrawal');
  const unknown = reasons.every(({ ground }) => ground === 'unidentified');
  if (granted === undefined && absolute && !unknown) {
    throw refused(
      'an objection to marketing and the withdrawal of a consent have no exceptions',
      'carry them out, and refuse only the rest of the request, saying what was done (Art. 21(3), 7(3))',
    );
  }
}
