import type { Text } from './page-model.js';

export interface Right {
  readonly title: Text;
  readonly text: Text;
  /** Articles of the Regulation. */
  readonly articles: string;
  /** Has no exceptions (Art. 21(3)). */
  readonly absolute?: true;
}

/** What the person can do (Art. 15(1)(e)), in the order in which people ask for it. */
export const RIGHTS: readonly Right[] = [
  {
    title: { lv: 'Saņemt savus datus', en: 'See your data' },
    text: {
      lv: 'Šī kopija ir bez maksas, un Jūs varat to lūgt arī vēlreiz.',
      en: 'This copy is free of charge, and you can ask for one again.',
    },
    articles: '15',
  },
  {
    title: { lv: 'Labot', en: 'Have them corrected' },
    text: {
      lv: 'Ja kaut kas ir nepareizs vai nepilnīgs, lūdziet to izlabot vai papildināt. Par labojumu mēs paziņosim arī tiem, kam dati nodoti.',
      en: 'If something is wrong or incomplete, ask us to correct or complete it. We also tell those to whom the data were given.',
    },
    articles: '16, 19',
  },
  {
    title: { lv: 'Dzēst', en: 'Have them erased' },
    text: {
      lv: 'Lūdziet dzēst datus, kas mums vairs nav vajadzīgi, kuriem atsaucāt piekrišanu, pret kuru izmantošanu iebildāt vai kas tiek izmantoti nelikumīgi. To, ko mums liek glabāt likums, piemēram, rēķinus, dzēsīsim, kad beigsies likumā noteiktais termiņš.',
      en: 'Ask us to erase data that we no longer need, for which you withdrew consent, to whose use you objected, or that are used unlawfully. What the law makes us keep, such as invoices, we erase when the period set by law ends.',
    },
    articles: '17',
  },
  {
    title: { lv: 'Ierobežot izmantošanu', en: 'Have their use restricted' },
    text: {
      lv: 'Kamēr tiek noskaidrots, vai dati ir pareizi vai drīkstam tos izmantot, vai ja tie Jums vajadzīgi prasībai tiesā, varat lūgt, lai mēs tos tikai glabājam un nekā citādi neizmantojam.',
      en: 'While it is being settled whether the data are right or whether we may use them, or if you need them for a legal claim, you can ask us to only store them and use them for nothing else.',
    },
    articles: '18',
  },
  {
    title: { lv: 'Pārnest', en: 'Take them elsewhere' },
    text: {
      lv: 'Datus, ko mums sniedzāt Jūs un ko apstrādājam ar datoru pēc Jūsu piekrišanas vai līguma dēļ, varat saņemt datorlasāmā failā vai lūgt nosūtīt citai organizācijai, ja tas tehniski iespējams.',
      en: 'Data that you gave us and that we process by computer because of your consent or a contract you can receive in a machine-readable file or, where technically possible, have sent to another organisation.',
    },
    articles: '20',
  },
  {
    title: { lv: 'Iebilst', en: 'Object' },
    text: {
      lv: 'Ja datus izmantojam savu vai citu leģitīmo interešu dēļ, varat iebilst, paskaidrojot savu situāciju. Tad mēs pārtraucam, ja vien nevaram pierādīt, ka mums ir pārliecinoši un svarīgāki iemesli vai dati vajadzīgi likumīgai prasībai.',
      en: 'If we use data because of legitimate interests, ours or another’s, you can object for reasons of your own situation. We then stop, unless we can show that our reasons are compelling and weigh more, or that the data are needed for a legal claim.',
    },
    articles: '21(1)',
  },
  {
    title: { lv: 'Atteikties no reklāmas', en: 'Refuse marketing' },
    text: {
      lv: 'Pret datu izmantošanu reklāmai varat iebilst vienmēr, neko nepaskaidrojot. Tad mēs reklāmai Jūsu datus vairs neizmantojam, arī Jūsu interešu noteikšanai ne. Šīm tiesībām nav izņēmumu.',
      en: 'You can always object to the use of your data for marketing, without giving a reason. We then no longer use your data for it, nor to work out your interests for it. This right has no exceptions.',
    },
    articles: '21(2), 21(3)',
    absolute: true,
  },
  {
    title: { lv: 'Atsaukt piekrišanu', en: 'Withdraw consent' },
    text: {
      lv: 'Piekrišanu varat atsaukt jebkurā brīdī un tikpat vienkārši, kā to devāt. Tas, kas izdarīts pirms atsaukšanas, paliek likumīgs.',
      en: 'You can withdraw a consent at any time, as easily as you gave it. What was done before the withdrawal stays lawful.',
    },
    articles: '7(3)',
  },
];

export const RIGHTS_TEXTS = {
  write: { lv: 'Lai izmantotu šīs tiesības, rakstiet mums:', en: 'To use these rights, write to us:' },
  how: {
    lv: 'Īpaša veidlapa nav vajadzīga. Atbildēsim mēneša laikā un bez maksas. Ja lūgums ir sarežģīts, termiņu varam pagarināt par diviem mēnešiem, bet par to un iemesliem paziņosim pirmā mēneša laikā.',
    en: 'No special form is needed. We answer within one month and free of charge. If a request is complex we may take two months more, but we tell you so, and why, within the first month.',
  },
  complaintTitle: { lv: 'Sūdzēties', en: 'Complain' },
  complaint: {
    lv: 'Ja uzskatāt, ka Jūsu dati tiek izmantoti nelikumīgi, varat sūdzēties uzraudzības iestādei:',
    en: 'If you think that your data are used unlawfully, you can complain to the supervisory authority:',
  },
  courtTitle: { lv: 'Vērsties tiesā', en: 'Go to court' },
  court: {
    lv: 'Jūs varat celt prasību tiesā, arī par materiālā un nemateriālā kaitējuma atlīdzību. Tam nav vajadzīga iepriekšēja sūdzība iestādei.',
    en: 'You can bring a claim in court, also for compensation of material and non-material damage. You need not complain to the authority first.',
  },
} as const satisfies Record<string, Text>;
