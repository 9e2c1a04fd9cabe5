import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Asked,
  type LetterKind,
  type LetterModels,
  letter,
  type RefusalGround,
} from '../../../src/documents/letters/letter.js';
import type { Language } from '../../../src/documents/page-model.js';
import { HOSTILE } from '../sample.js';
import { ALL, CONTROLLER, DIGEST, FINGERPRINT, LANGUAGES, longest, SUPERVISOR, sample, textOf } from './sample.js';

/** The text of a sample letter, with some of its model replaced. */
function read<K extends LetterKind>(kind: K, language: Language, changes: Partial<LetterModels[K]> = {}): string {
  return textOf(letter(kind, { ...sample(language)[kind], ...changes }));
}

function thrown(run: () => string): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(ALL)('%s in %s', (kind, language) => {
  const markup = letter(kind, sample(language)[kind]);
  const text = textOf(markup);

  it('names the controller, the addressee, the request, its receipt and what was asked', () => {
    const received = { lv: '2026. gada 5. mart', en: '5 March 2026' }[language];
    for (const wanted of [CONTROLLER.name, CONTROLLER.address, 'Anna Kalniņa', '2026-014', received]) {
      expect(text).toContain(wanted);
    }
    const asked = {
      lv: kind === 'refusal' ? 'dzēst Jūsu personas datus' : 'izsniegt Jūsu personas datu kopiju',
      en: kind === 'refusal' ? 'erase your personal data' : 'give you a copy of your personal data',
    };
    expect(text).toContain(asked[language]);
  });

  it('is in one language, with nothing left unfilled', () => {
    expect(markup).toContain(`<html lang="${language}">`);
    expect(text).not.toMatch(/undefined|null|\[object|NaN|\$\{/);
    const foreign = { lv: /\b(the|your|request|you)\b/i, en: /\b(Jūs|Jums|Jūsu|pieprasījum|gada|mums)/ }[language];
    expect(text).not.toMatch(foreign);
    if (language === 'lv') expect(text).not.toMatch(/(?<!Ko )\bjū(s|ms|su)\b/);
  });

  it('runs nothing and loads nothing: its policy allows its own two style sheets and no more', () => {
    const digests = [...markup.matchAll(/<style>(.*?)<\/style>/gs)].map(
      ([, style]) => `'sha256-${createHash('sha256').update(String(style)).digest('base64')}'`,
    );
    expect(digests).toHaveLength(2);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(markup)?.[1]?.replaceAll('&#39;', "'");
    expect(policy?.split('; ').toSorted()).toEqual(
      [`default-src 'none'`, `base-uri 'none'`, `form-action 'none'`, `style-src ${digests.join(' ')}`].toSorted(),
    );
    expect(markup).not.toMatch(/<(script|link|img|iframe|object|form)\b| style=| on\w+=/);
  });

  it('is the same for the same model', () => {
    expect(letter(kind, sample(language)[kind])).toBe(markup);
  });

  it('closes every element that it opens', () => {
    for (const name of ['html', 'body', 'main', 'div', 'p', 'ul', 'ol', 'li', 'dl', 'dd', 'span', 'bdi', 'address']) {
      const count = (tag: string) => markup.split(new RegExp(`<${tag}[ >]`)).length;
      expect(`${name} ${count(name)}`).toBe(`${name} ${count(`/${name}`)}`);
    }
  });

  it('leaves lines to fill in by hand where it knows no name, and none where it does', () => {
    const { addressee, signatory, ...rest } = sample(language)[kind];
    const anonymous = letter(kind, rest as LetterModels[typeof kind]);
    expect(textOf(anonymous)).not.toContain('Kalniņa');
    const blanks = (page: string) => page.split('class="under"').length - 1;
    expect([blanks(markup), blanks(anonymous)]).toEqual([1, 5]);
    if (language === 'en') expect(textOf(anonymous)).toMatch(/Dear Sir or Madam, .*Yours faithfully,/);
  });
});

describe('hostile values', () => {
  it.each(LANGUAGES)('are shown as text in %s, wherever the model takes a text', (language) => {
    for (const value of HOSTILE) {
      const models = sample(language);
      const both = { lv: value, en: value };
      const common = {
        controller: { name: value, registration: value, address: value, phone: value, website: value, officer: value },
        supervisor: { name: both, address: value, email: value, website: value },
        addressee: { name: value, address: value },
        signatory: { name: value, role: value },
        request: { ...models.access.request, number: value },
      };
      const reason = { ground: 'other-law' as const, facts: value, what: value, law: value };
      const search = {
        ...models.negative.search,
        groups: [both],
        identifiers: [{ kind: both, masked: `***${value}` }],
      };
      const pages = [
        letter('acknowledgement', { ...models.acknowledgement, ...common, quote: value }),
        letter('identity', { ...models.identity, ...common, sufficient: [{ text: value }] }),
        letter('extension', { ...models.extension, ...common, explanation: value }),
        letter('refusal', { ...models.refusal, ...common, granted: value, reasons: [reason] }),
        letter('negative', { ...models.negative, ...common, search }),
        letter('access', { ...models.access, ...common, enclosure: { ...models.access.enclosure, file: value } }),
      ];
      for (const page of pages) {
        const body = page.slice(page.indexOf('<body>'));
        expect(body).not.toMatch(/<(script|img|svg|style|iframe)|<[^>]*\son\w+=|[\u202e\u2066\u0000\u0007]/);
        expect(page.match(/<\/?style>/g)).toHaveLength(4);
        expect(page.match(/<title>[^<]*<\/title>/g)).toHaveLength(1);
      }
    }
  });

  it('do not become links', () => {
    const { access } = sample('en');
    const supervisor = { ...SUPERVISOR, email: 'a@b?cc=c@d.e', website: 'javascript:alert(1)' };
    const page = letter('access', { ...access, supervisor });
    expect([...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      'mailto:dati@gramatas.example',
      'https://gramatas.example',
      'mailto:dati@gramatas.example',
    ]);
  });
});

/** Nominative, dative, locative, English. */
const DAYS = [
  ['2026-01-31', '31. janvāris', '31. janvārim', '31. janvārī', '31 January 2026'],
  ['2028-02-29', '29. februāris', '29. februārim', '29. februārī', '29 February 2028'],
  ['2026-03-02', '2. marts', '2. martam', '2. martā', '2 March 2026'],
  ['2026-04-07', '7. aprīlis', '7. aprīlim', '7. aprīlī', '7 April 2026'],
  ['2026-05-05', '5. maijs', '5. maijam', '5. maijā', '5 May 2026'],
  ['2026-06-22', '22. jūnijs', '22. jūnijam', '22. jūnijā', '22 June 2026'],
  ['2026-07-01', '1. jūlijs', '1. jūlijam', '1. jūlijā', '1 July 2026'],
  ['2026-08-10', '10. augusts', '10. augustam', '10. augustā', '10 August 2026'],
  ['2026-09-30', '30. septembris', '30. septembrim', '30. septembrī', '30 September 2026'],
  ['2026-10-11', '11. oktobris', '11. oktobrim', '11. oktobrī', '11 October 2026'],
  ['2026-11-19', '19. novembris', '19. novembrim', '19. novembrī', '19 November 2026'],
  ['2026-12-28', '28. decembris', '28. decembrim', '28. decembrī', '28 December 2026'],
] as const;

describe('a day', () => {
  it.each(DAYS)('%s is inflected as its sentence needs', (day, nominative, dative, locative, english) => {
    const year = day.slice(0, 4);
    const next = new Date(Date.parse(day) + 40 * 86_400_000).toISOString().slice(0, 10);
    const changes = (language: Language) => {
      const request = { ...sample(language).extension.request, received: day, due: day };
      return { date: day, request, extendedDue: next };
    };
    const latvian = read('extension', 'lv', changes('lv'));
    expect(latvian).toContain(`Sākotnējais termiņš ${year}. gada ${nominative} `);
    expect(latvian).toContain(`mums jāatbild līdz ${year}. gada ${dative}. Šo`);
    const acknowledged = read('acknowledgement', 'lv', { request: changes('lv').request });
    expect(acknowledged).toContain(`Apstiprinām, ka ${year}. gada ${locative} saņēmām`);
    expect(acknowledged).toContain(`ne vēlāk kā ${year}. gada ${locative}. Termiņš`);
    expect(read('extension', 'en', changes('en'))).toContain(`by ${english}. We extend`);
  });

  it.each(['2026-02-30', '5.3.2026', '2026-03-05T10:00:00Z', '', '12026-03-05'])(
    'is refused as %j, unrepeated',
    (day) => {
      const { extension } = sample('lv');
      const models = [
        { ...extension, date: day },
        { ...extension, extendedDue: day },
        { ...extension, request: { ...extension.request, due: day } },
        { ...extension, request: { ...extension.request, received: day } },
      ];
      for (const model of models) {
        const error = thrown(() => letter('extension', model));
        expect(error).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringMatching(/is not a day$/) });
      }
    },
  );
});

describe('the acknowledgement', () => {
  it('says by when, that it may take longer and how one would learn so, that it is free, and quotes the request', () => {
    const lv = read('acknowledgement', 'lv');
    expect(lv).toContain('neizmantot Jūsu personas datus reklāmai');
    expect(lv).toContain('Atbildes termiņš 2026. gada 7. aprīlis');
    expect(lv).toContain('pagarināt vēl par diviem mēnešiem. Par to un par iemesliem Jums paziņosim');
    expect(lv).toContain('nav jāmaksā');
    expect(lv).toContain('Jūsu vārdiem: Labdien! Ko jūs par mani zināt?');
    const en = read('acknowledgement', 'en');
    expect(en).toContain('We answer by 7 April 2026');
    expect(en).toContain('extend this period by two further months. We would tell you so, and why');
    expect(en).toContain('no charge');
    expect(en).toContain('Articles 12(3), 12(5), 12(6), 15, 21(2).');
  });

  it('needs to know what was asked, and the number of the request', () => {
    const { acknowledgement } = sample('lv');
    const { request } = acknowledgement;
    for (const wrong of [
      { ...request, asked: [] },
      { ...request, number: ' ' },
    ]) {
      const error = thrown(() => letter('acknowledgement', { ...acknowledgement, request: wrong }));
      expect(error).toMatchObject({ code: 'INPUT_INVALID' });
    }
  });
});

describe('the question of identity', () => {
  it('says why, what is enough, and that no copy of a document is wanted', () => {
    const lv = read('identity', 'lv');
    expect(lv).toContain('nevaram droši noteikt, kas to iesniedza');
    expect(lv).toContain('Pietiek ar vienu no šiem veidiem');
    expect(lv).toContain('Lūdzu, nesūtiet pases, personas apliecības vai cita dokumenta kopiju.');
    const en = read('identity', 'en');
    expect(en).toContain('Any one of these is enough');
    expect(en).toContain('Please do not send a copy of a passport, identity card or other document.');
    expect(read('identity', 'en', { sufficient: ['account'] })).toContain('This is enough: log in to your account');
    expect(read('identity', 'lv', { doubts: ['representative'], sufficient: ['authorisation'] })).toContain(
      'nav vajadzīgs',
    );
  });

  it('keeps the day of receipt and says whether the clock stands still', () => {
    expect(read('identity', 'lv')).toContain(
      'saņemšanas diena paliek 2026. gada 5. marts, un mēneša termiņš beigtos 2026. gada 7. aprīlī. Tā skaitīšanu 2026. gada 9. martā, nosūtot šo jautājumu, apturam',
    );
    expect(read('identity', 'en')).toContain('The period does not start again from the beginning.');
    const running = read('identity', 'en', { clock: 'running' });
    expect(running).toContain('does not stop the clock: we answer no later than 7 April 2026.');
    expect(running).not.toContain('We stop the clock');
    expect(read('identity', 'lv', { clock: 'running' })).toContain(
      'termiņu neaptur: atbildēsim ne vēlāk kā 2026. gada 7. aprīlī.',
    );
  });

  it('is not sent without a doubt, or without a way of answering it', () => {
    for (const changes of [{ doubts: [] }, { sufficient: [] }, { sufficient: [{ text: ' \n' }] }]) {
      expect(thrown(() => read('identity', 'lv', changes))).toMatchObject({ code: 'INPUT_INVALID' });
    }
  });
});

describe('the extension', () => {
  it('gives the reason and both days, and where to complain', () => {
    const lv = read('extension', 'lv');
    expect(lv).toContain('Pieprasījums ir sarežģīts. Jūs pie mums iepirkāties divpadsmit gadus');
    expect(lv).toContain('Sākotnējais termiņš 2026. gada 7. aprīlis');
    expect(lv).toContain('Jaunais termiņš 2026. gada 5. jūnijs');
    expect(lv).toContain('atbildēsim ne vēlāk kā 2026. gada 5. jūnijā.');
    const en = read('extension', 'en', { grounds: ['number'] });
    expect(en).toContain('The number of requests is high. You have bought');
    expect(en).toContain('First period until 7 April 2026 New period until 5 June 2026');
    expect(en).toContain('Elijas iela 17, Rīga, LV-1050');
  });

  it('is sent on the last day of the first month at the latest', () => {
    expect(read('extension', 'en', { date: '2026-04-07' })).toContain('7 April 2026 No. 2026-014');
    expect(thrown(() => read('extension', 'en', { date: '2026-04-08' }))).toMatchObject({ code: 'REFUSED', exit: 3 });
  });

  it('needs a reason, and a new day after the old one and within two further months', () => {
    const wrong = [{ grounds: [] }, { explanation: '' }, { explanation: ' – ' }, { extendedDue: '2026-04-07' }];
    for (const changes of wrong) {
      expect(thrown(() => read('extension', 'lv', changes))).toMatchObject({ code: 'INPUT_INVALID' });
    }
    const late = thrown(() => read('extension', 'lv', { extendedDue: '2026-06-13' }));
    expect(late).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('two further months') });
  });
});

describe('the refusal', () => {
  const PARTS = {
    lv: [
      '1. Iemesli Šos datus mums liek glabāt likums. Dati: 2024. un 2025. gada rēķini. Rēķini ir attaisnojuma dokumenti',
      '2. Jūsu tiesības iesniegt sūdzību Ja mūsu lēmumam nepiekrītat, varat iesniegt sūdzību uzraudzības iestādei: Datu valsts inspekcija Elijas iela 17, Rīga, LV-1050 pasts@dvi.gov.lv · https://www.dvi.gov.lv',
      '3. Jūsu tiesības vērsties tiesā Jūs varat celt prasību tiesā',
      '4. Maksa Par pieprasījuma izskatīšanu un šo atbildi nav jāmaksā.',
    ],
    en: [
      '1. Reasons The law obliges us to keep these data. Data: the invoices of 2024 and 2025. Invoices are source documents',
      '2. Your right to complain If you disagree with our decision, you can lodge a complaint with the supervisory authority: Data State Inspectorate of Latvia Elijas iela 17, Rīga, LV-1050 pasts@dvi.gov.lv · https://www.dvi.gov.lv',
      '3. Your right to go to court You can bring a claim in court',
      '4. Charges Dealing with your request and this answer are free of charge.',
    ],
  };

  it.each(LANGUAGES)('has its four parts in %s, in their order', (language) => {
    const text = read('refusal', language);
    const places = PARTS[language].map((part) => text.indexOf(part));
    expect(places.filter((place) => place < 0)).toEqual([]);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('says until when data are kept, and by which law', () => {
    expect(read('refusal', 'lv')).toContain(
      'Glabāsim līdz 2030. gada 31. decembrim. VDAR 17. panta 3. punkta b) apakšpunkts; Grāmatvedības likums, 28. pants',
    );
    expect(read('refusal', 'en')).toContain('We keep them until 31 December 2030. GDPR Article 17(3)(b); Law');
    expect(read('refusal', 'en')).toContain('Articles 12(4), 12(5), 17(3)(b), 17(3)(e), 77, 79, 82.');
  });

  it('tells a whole refusal from a partial one', () => {
    expect(read('refusal', 'lv')).toContain('Jūsu pieprasījumu izpildām daļēji');
    expect(read('refusal', 'lv')).toContain('Ko izdarām Dzēsām Jūsu kontu');
    const { granted, ...whole } = sample('lv').refusal;
    const text = textOf(letter('refusal', whole));
    expect(text).toContain('Jūsu pieprasījumu nevaram izpildīt');
    expect(text).not.toMatch(/daļēji|Ko izdarām/);
  });

  it.each<[RefusalGround, Asked, string | undefined]>([
    ['unidentified', 'access', '12(2)'],
    ['unfounded', 'erasure', '12(5)(b)'],
    ['excessive', 'access', '12(5)(b)'],
    ['rights-of-others', 'access', '15(4)'],
    ['rights-of-others', 'portability', '20(4)'],
    ['rights-of-others', 'erasure', undefined],
    ['no-ground-to-erase', 'erasure', '17(1)'],
    ['legal-duty', 'erasure', '17(3)(b)'],
    ['legal-duty', 'access', undefined],
    ['legal-claims', 'erasure', '17(3)(e)'],
    ['legal-claims', 'objection', '21(1)'],
    ['accurate', 'rectification', '16'],
    ['accurate', 'access', undefined],
    ['compelling-grounds', 'objection', '21(1)'],
    ['compelling-grounds', 'erasure', undefined],
  ])('on the ground %s of a request for %s rests on Article %s', (ground, asked, article) => {
    const changes = {
      request: { ...sample('en').refusal.request, asked: [asked] },
      reasons: [{ ground, facts: 'These are the facts.' }],
    };
    if (article === undefined) {
      expect(thrown(() => read('refusal', 'en', changes))).toMatchObject({ code: 'INPUT_INVALID' });
    } else {
      expect(read('refusal', 'en', changes)).toContain(`These are the facts. GDPR Article ${article} 2.`);
    }
  });

  it('is not sent without reasons, without the facts behind each, or without the other law', () => {
    const facts = 'Fakti.';
    for (const reasons of [
      [],
      [{ ground: 'legal-duty' as const, facts: '  ' }],
      [
        { ground: 'legal-duty' as const, facts },
        { ground: 'legal-claims' as const, facts: '…' },
      ],
      [{ ground: 'other-law' as const, facts }],
    ]) {
      expect(thrown(() => read('refusal', 'lv', { reasons }))).toMatchObject({ code: 'INPUT_INVALID' });
    }
    expect(thrown(() => read('refusal', 'lv', { granted: '' }))).toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('does not refuse what has no exceptions', () => {
    const { granted, ...whole } = sample('en').refusal;
    for (const right of ['marketing-objection', 'withdrawal'] as const) {
      const request = { ...whole.request, asked: ['erasure', right] as const };
      expect(thrown(() => letter('refusal', { ...whole, request }))).toMatchObject({ code: 'REFUSED' });
      expect(textOf(letter('refusal', { ...whole, request, granted: 'We stopped at once.' }))).toContain('in part');
      const reasons = [{ ground: 'unidentified' as const, facts: 'No detail was given.' }];
      expect(textOf(letter('refusal', { ...whole, request, reasons }))).toContain('We cannot act on your request');
    }
  });
});

describe('the negative answer', () => {
  it('says when, where and by what was searched, and what is held nevertheless', () => {
    const lv = read('negative', 'lv');
    expect(lv).toContain('neatradām nevienu ierakstu par Jums');
    expect(lv).toContain('izņemot šo pieprasījumu un saraksti par to');
    expect(lv).toContain(
      'Kad 2026. gada 9. marts, 14:05 (Latvijas laiks) Kur 21 datubāzes tabulā Kas tajās glabājas klienti',
    );
    expect(lv).toContain('Pēc kā E-pasta adrese: a***a@p***.example Tālruņa numurs: ***56 Vārds un uzvārds: A. K.');
    const en = read('negative', 'en');
    expect(en).toContain(
      'When 9 March 2026, 14:05 (Latvian time) Where in 21 database tables What they hold customers',
    );
    expect(en).toContain('you can complain to the supervisory authority: Data State Inspectorate');
    expect(en).toContain('You can bring a claim in court');
  });

  it.each(['anna@pasts.example', '+371 26123456', 'Anna Kalniņa', 'A. Kalniņa', 'Anna', '010190-12345', ''])(
    'does not show %j, which is not masked, nor repeats it in the error',
    (masked) => {
      const search = { ...sample('lv').negative.search, identifiers: [{ kind: { lv: 'x', en: 'x' }, masked }] };
      const error = thrown(() => read('negative', 'lv', { search }));
      expect(error).toMatchObject({ code: 'INPUT_INVALID' });
      if (masked !== '') expect(JSON.stringify([error, String(error)])).not.toContain(masked);
    },
  );

  it('explains shortened values only where there are some', () => {
    const { search } = sample('en').negative;
    expect(read('negative', 'en')).toContain('The values are shortened here');
    const kinds = { ...search, identifiers: search.identifiers.map(({ kind }) => ({ kind })) };
    const text = read('negative', 'en', { search: kinds });
    expect(text).toContain('By what E-mail address Phone number Name Order number');
    expect(text).not.toMatch(/shortened|\*\*\*/);
  });

  it('is not sent when nothing was searched', () => {
    const { search } = sample('lv').negative;
    for (const wrong of [{ tables: 0 }, { tables: 1.5 }, { identifiers: [] }, { at: '2026-03-09' }, { at: 'today' }]) {
      expect(thrown(() => read('negative', 'lv', { search: { ...search, ...wrong } }))).toMatchObject({
        code: 'INPUT_INVALID',
      });
    }
  });
});

describe('the cover letter of an access answer', () => {
  it('says what is enclosed, as of when, how to open and check it, whom to ask, and the rights', () => {
    const lv = read('access', 'lv');
    expect(lv).toContain(
      'Datu stāvoklis 2026. gada 16. marts, 10:05 (Latvijas laiks) Apjoms 131 ieraksts 9 datu grupās',
    );
    expect(lv).toContain(
      'Ne viss ir parādīts: citas personas dati (2 lauki); drošības dati (1 lauks). Lapā index.html',
    );
    expect(lv).toContain('24 ciparu kodu. To saņemsiet atsevišķi: īsziņā.');
    expect(lv).toContain('eParakstītājā');
    expect(lv).toContain('jautājiet mums: dati@gramatas.example; +371 60000000');
    expect(lv).toContain('labot, dzēst, ierobežot');
    expect(lv).toContain('Datu valsts inspekcija Elijas iela 17, Rīga, LV-1050');
    const en = read('access', 'en', { withheld: [] });
    expect(en).toContain('131 records in 9 groups of data File atbilde-2026-014.html (by e-mail)');
    expect(en).toContain('No field is covered.');
    expect(en.replaceAll(' ', '')).toContain(FINGERPRINT.toUpperCase());
    expect(en).toContain(
      'The signed archive is export-20260316-k7q2m4x5n3b6c2da.asice, and its SHA-256 checksum is this:',
    );
    expect(en.replaceAll(' ', '')).toContain(DIGEST.toUpperCase());
  });

  it('calls a self-made certificate what it is, and only that', () => {
    expect(read('access', 'en')).toContain('it is not a qualified electronic signature or seal');
    const issued = read('access', 'en', { certificate: { sha256: FINGERPRINT, selfMade: false } });
    expect(issued).not.toMatch(/qualified|ourselves/);
  });

  it('explains each form of enclosure, and speaks of a code only where there is one', () => {
    const plain = read('access', 'en', { enclosure: { form: 'archive', file: 'copy.asice', sentBy: 'in-person' } });
    expect(plain).toContain('copy.asice (in person)');
    expect(plain).toContain('In the unpacked folder open index.html');
    expect(plain).not.toMatch(/code of|age --decrypt/);
    const age = read('access', 'lv', { enclosure: { form: 'age', file: 'copy.asice.age', sentBy: 'email' } });
    expect(age).toContain('age --decrypt --identity atslega.txt --output dati.asice copy.asice.age');
    expect(age).not.toContain('24 ciparu');
  });

  it('does not let the code go the same way as the file', () => {
    const enclosure = { form: 'page', file: 'copy.html', sentBy: 'email', codeBy: 'email' } as const;
    expect(thrown(() => read('access', 'lv', { enclosure }))).toMatchObject({ code: 'REFUSED' });
  });

  it('is refused where its facts cannot be right', () => {
    for (const changes of [
      { records: 0 },
      { groups: 0 },
      { withheld: [{ reason: 'secret' as const, fields: -1 }] },
      { withheld: [{ reason: 'secret' as const, fields: 0 }] },
      { archive: { file: '', sha256: DIGEST } },
      { archive: { file: 'copy.asice', sha256: 'abc' } },
      { snapshotAt: '2026-03-16 08:05' },
      { certificate: { sha256: 'abc', selfMade: true } },
    ]) {
      expect(thrown(() => read('access', 'lv', changes))).toMatchObject({ code: 'INPUT_INVALID' });
    }
  });
});

describe('a letter that answers no request', () => {
  it.each(['erasure', 'rectification', 'restriction', 'objection'] as const)('%s has a number of its own', (kind) => {
    const [number, asked] = [/Pieprasījuma numurs|pieprasījuma numuru/, /Izpildījām Jūsu lūgumu|Jūs lūdzāt/];
    const reference = '20260309-abcdefghijklmnop';
    const text = read(kind, 'lv', { request: undefined, reference });
    expect(text).toContain(`Nr. ${reference}`);
    expect(text).toContain(`Lūdzam norādīt vēstules numuru ${reference}`);
    for (const words of [number, asked]) expect(text).not.toMatch(words);
    expect(read(kind, 'lv')).toMatch(number);
  });

  it('says of a kept field how long, in the right case', () => {
    expect(read('erasure', 'lv')).toContain('Cik ilgi līdz 2032. gada 1. janvārim');
    expect(read('erasure', 'en')).toContain('How long until 1 January 2032');
    expect(read('lifting', 'lv')).toContain('Ierobežots kopš 2026. gada 2. februāra');
    expect(read('objection', 'lv')).toContain('spēkā no 2026. gada 6. marta');
  });
});

describe('the controller', () => {
  it.each(ALL)('may have no more than a name and an address (%s in %s)', (kind, language) => {
    const controller = { name: CONTROLLER.name, address: CONTROLLER.address };
    const text = textOf(letter(kind, { ...longest(language)[kind], controller }));
    expect(text).not.toMatch(/undefined|[;:·] [;:·.]|60000000|Ozola/);
    expect(text).toMatch(/: Kr\. Valdemāra iela 20-2, Rīga, LV-1010\. (Lūdzam norādīt|Please give) [^.]*2026-014\./);
  });
});
