import { html } from '../escape.js';
import type { Text } from '../page-model.js';
import { requireSome, requireText } from './check.js';
import type { Doubt, IdentityModel, Proof } from './model.js';
import { type Body, contactPart, dayText, factLines, own, requestLines, speaker } from './parts.js';

/** Worded so that they tell a stranger nothing about who is among the records. */
const DOUBTS: Readonly<Record<Doubt, Text>> = {
  'unknown-channel': {
    lv: 'Pieprasījums saņemts no adreses vai tālruņa numura, pēc kura nevaram droši noteikt, kas to iesniedza.',
    en: 'The request came from an address or a phone number by which we cannot tell with certainty who made it.',
  },
  'unclear-person': {
    lv: 'No pieprasījumā sniegtajām ziņām vien nevar droši noteikt, uz kuru personu tas attiecas.',
    en: 'From the details in the request alone it is not certain which person it is about.',
  },
  representative: {
    lv: 'Pieprasījums iesniegts citas personas vārdā, un mums jāzina, ka šī persona to ir atļāvusi.',
    en: 'The request was made on behalf of another person, and we need to know that this person allowed it.',
  },
};

const PROOFS: Readonly<Record<Proof, Text>> = {
  'known-email': {
    lv: 'rakstiet mums no tās e-pasta adreses, kuru norādījāt, kad pasūtījāt vai sazinājāties ar mums iepriekš',
    en: 'write to us from the e-mail address that you gave when you ordered or contacted us before',
  },
  'known-phone': {
    lv: 'lūdziet, lai piezvanām uz tālruņa numuru, kuru mums norādījāt iepriekš',
    en: 'ask us to call you on the phone number that you gave us before',
  },
  account: {
    lv: 'pieslēdzieties savam kontam mūsu vietnē un apstipriniet pieprasījumu tur',
    en: 'log in to your account on our website and confirm the request there',
  },
  order: {
    lv: 'nosauciet kāda sava pasūtījuma numuru un tā aptuveno datumu vai summu',
    en: 'tell us the number of one of your orders and its approximate date or amount',
  },
  'electronic-signature': {
    lv: 'atsūtiet pieprasījumu, kas parakstīts ar drošu elektronisko parakstu, piemēram, eParakstu',
    en: 'send us the request signed with a secure electronic signature, for example eParaksts',
  },
  visit: {
    lv: 'atnāciet pie mums un uzrādiet personu apliecinošu dokumentu: to tikai apskatīsim, nekopēsim un no tā neko nepierakstīsim',
    en: 'come to our address and show an identity document: we only look at it, make no copy and note nothing down from it',
  },
  authorisation: {
    lv: 'atsūtiet pārstāvamās personas parakstītu pilnvaru vai citu apliecinājumu, ka drīkstat tās vārdā rīkoties; notariāls apliecinājums nav vajadzīgs',
    en: 'send us an authorisation signed by the person you represent, or other proof that you may act for them; it need not be notarised',
  },
};

/**
 * The question who asks, where there are reasonable doubts (Art. 12(6)): no more than is necessary, never a copy of a
 * document; the day of receipt stays, whether the clock stands still or not.
 */
export function identityBody(model: IdentityModel): Body {
  const { language, doubts, sufficient } = model;
  const say = speaker(language);
  requireSome('reason for the doubt', doubts);
  requireSome('way of showing who asks', sufficient);
  const ways = sufficient.map((way) => {
    if (typeof way === 'string') return html`<li>${PROOFS[way][language]}</li>`;
    requireText('the words of each way of showing who asks', way.text);
    return html`<li>${own(way.text)}</li>`;
  });
  const content = html`<p>${say({
    lv: 'Esam saņēmuši Jūsu pieprasījumu. Pirms to izpildām, mums jāpārliecinās, ka to iesniedza tā persona, uz kuru dati attiecas, jo citādi Jūsu dati varētu nonākt svešās rokās. Tāpēc lūdzam Jūs uz šo vēstuli atbildēt.',
    en: 'We have received your request. Before we act on it we must make sure that it was made by the person whom the data are about; otherwise your data could fall into the wrong hands. So we ask you to answer this letter.',
  })}</p>
${factLines(requestLines(model))}<h2>${say({ lv: 'Kāpēc jautājam', en: 'Why we ask' })}</h2>
${doubts.map((doubt) => html`<p>${DOUBTS[doubt][language]}</p>\n`)}<h2>${say({ lv: 'Ar ko pietiek', en: 'What is enough' })}</h2>
<p>${
    ways.length === 1
      ? say({ lv: 'Pietiek ar šo:', en: 'This is enough:' })
      : say({
          lv: 'Pietiek ar vienu no šiem veidiem; izvēlieties Jums ērtāko:',
          en: 'Any one of these is enough; choose the one that suits you best:',
        })
  }</p>
<ul>${ways}</ul>
<div class="box"><p><strong>${say({
    lv: 'Lūdzu, nesūtiet pases, personas apliecības vai cita dokumenta kopiju.',
    en: 'Please do not send a copy of a passport, identity card or other document.',
  })}</strong> ${say({
    lv: 'Tā mums nav vajadzīga. Ja kopija tomēr tiks atsūtīta, to izdzēsīsim, neizmantojot.',
    en: 'We do not need one. If a copy is sent nevertheless, we delete it without using it.',
  })}</p>
<p>${say({
    lv: 'Jūsu atbildi izmantosim tikai tam, lai pārliecinātos, kas iesniedza pieprasījumu.',
    en: 'We use your answer only to make sure who made the request.',
  })}</p></div>
<h2>${say({ lv: 'Kā tiek skaitīts termiņš', en: 'How the time is counted' })}</h2>
${clock(model)}<p>${say({
    lv: 'Ja neatbildēsiet, pieprasījumu nevarēsim izpildīt un par to Jums paziņosim, norādot iemeslus un to, kur varat sūdzēties.',
    en: 'If you do not answer, we will not be able to act on the request; we will tell you so, with the reasons and where you can complain.',
  })}</p>
`;
  return {
    subject: say({
      lv: 'Lūdzam apstiprināt, ka pieprasījumu iesniedzāt Jūs',
      en: 'Please confirm that the request is yours',
    }),
    content,
    contact: contactPart(model, {
      lv: 'Atbildi lūdzam sniegt mums:',
      en: 'Please send us your answer:',
    }),
    articles: ['12(6)', '12(2)', '11(2)', '5(1)(c)', '12(3)'],
    sources: [
      say({
        lv: 'Eiropas Datu aizsardzības kolēģijas pamatnostādnes 01/2022 par piekļuves tiesībām, 3. un 5.3. iedaļa',
        en: 'European Data Protection Board, Guidelines 01/2022 on the right of access, sections 3 and 5.3',
      }),
    ],
  };
}

function clock({ language, request, date, clock }: IdentityModel) {
  const say = speaker(language);
  const received = dayText(language, 'the day of receipt', request.received, 'nominative');
  const due = dayText(language, 'the day due', request.due, 'locative');
  const asked = dayText(language, 'the day of the letter', date, 'locative');
  if (clock === 'running') {
    return html`<p>${say({
      lv: `Pieprasījuma saņemšanas diena ir ${received}. Šis jautājums termiņu neaptur: atbildēsim ne vēlāk kā ${due}.`,
      en: `The day of receipt is ${received}. This question does not stop the clock: we answer no later than ${due}.`,
    })}</p>
`;
  }
  return html`<p>${say({
    lv: `Pieprasījuma saņemšanas diena paliek ${received}, un mēneša termiņš beigtos ${due}. Tā skaitīšanu ${asked}, nosūtot šo jautājumu, apturam; kad būsim saņēmuši Jūsu atbildi, tā turpināsies. No jauna termiņš nesākas.`,
    en: `The day of receipt remains ${received}, and the period of one month would end on ${due}. We stop the clock on ${asked}, by sending this question; it goes on once we have your answer. The period does not start again from the beginning.`,
  })}</p>
`;
}
