import { describe, expect, it } from 'vitest';
import { pageBottom, pageTop } from '../../src/documents/export-page.js';
import { MODEL } from './sample.js';

const FIELD = { lv: 'Klientu grupa', en: 'Customer group' };
const OTHER = { lv: 'Vērtējums', en: 'Score' };
const withheld = [
  {
    table: 'shop.customer',
    tableTitle: { lv: 'Jūsu profils', en: 'Your profile' },
    columns: [
      { title: FIELD, reason: 'inferred' as const, rows: 1 },
      { title: OTHER, reason: 'inferred' as const, rows: 1 },
      { title: { lv: 'Adrese', en: 'Address' }, reason: 'third-party' as const, rows: 2 },
      { title: { lv: 'Pārlūks', en: 'Browser' }, reason: 'basis' as const, rows: 1 },
    ],
  },
];
const MODELS = { access: { ...MODEL, withheld }, portable: { ...MODEL, withheld, portable: true } };
const pages = {
  access: pageTop(MODELS.access) + pageBottom(MODELS.access),
  portable: pageTop(MODELS.portable) + pageBottom(MODELS.portable),
};
const sections = (page: string) => [...page.matchAll(/<section id="([a-z-]+)"/g)].map((match) => match[1]);
const text = (markup: string) =>
  markup
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replace(/\s+/g, ' ');

describe('the page of a portable copy', () => {
  it('has the data, what is left out, the files and who answers, but nothing of Art. 15(1)', () => {
    expect(sections(pages.portable)).toEqual(['contact', 'data', 'withheld', 'files', 'verify']);
    expect(sections(pages.access)).toEqual(expect.arrayContaining(['why', 'who', 'how-long', 'rights', 'nothing']));
    const links = [...pages.portable.matchAll(/href="#([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(3);
    for (const id of links.filter((link) => !link.startsWith('t-'))) expect(pages.portable).toContain(`id="${id}"`);
  });

  it('names Art. 20 in both languages, and Art. 15 only as the other right', () => {
    const said = text(pages.portable);
    for (const words of [
      'Jūsu dati pārnešanai',
      'Your data to take with you',
      'VDAR 20. pants',
      'Article 20 of the General Data Protection Regulation',
      'VDAR 20. panta 1. punkts',
      'Datu izsniegšana neko neizdzēš',
      'Handing these data over erases nothing',
    ])
      expect(said).toContain(words);
    expect(said).not.toMatch(/15\. panta|Article 15\(/);
    expect(text(pages.access)).not.toContain('VDAR 20. panta');
  });

  it('tells the reasons by Art. 20, and fields that share one in one line', () => {
    const said = text(pages.portable);
    expect(said).toContain('Klientu grupa, Vērtējums');
    expect(said).toContain('Customer group, Score');
    expect(said).toContain('Secinājām to no citiem datiem');
    expect(said).toContain('We process it on neither your consent nor a contract with you (Article 20(1)(a))');
    expect(said).toContain('whose rights we must protect (Article 20(4))');
    expect(text(pages.access)).not.toContain('Klientu grupa, Vērtējums');
  });

  it('names the authority beside the controller, where the section on complaints is not there', () => {
    const contact = pages.portable.slice(pages.portable.indexOf('id="contact"'), pages.portable.indexOf('id="data"'));
    expect(contact).toContain(MODEL.supervisor.email);
    const access = pages.access.slice(pages.access.indexOf('id="contact"'), pages.access.indexOf('id="data"'));
    expect(access).not.toContain(MODEL.supervisor.email);
  });
});
