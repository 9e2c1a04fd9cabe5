import { beforeAll, describe, expect, it } from 'vitest';
import { pageText, shop } from './shop.js';

const s = shop();
let anna: string;
let petr: string;

beforeAll(async () => {
  anna = pageText((await s.export({ email: 'anna.berzina@pasts.example' })).archive.text('index.html'));
  petr = pageText((await s.export({ email: 'petr.ivanov@pasts.example' })).archive.text('index.html'));
});

describe('11 what an answer must tell', () => {
  it('11 gives (a) to (h) of Art. 15(1), and transfers, in words of this controller', () => {
    const { map } = s.context.model;
    const order = map.purposes.order;
    const told: Record<string, (string | undefined)[]> = {
      purposes: [order?.title.lv, order?.description?.lv, map.purposes.rights?.interest?.lv],
      categories: [map.categories.contact?.title.lv, map.categories.purchases?.title.lv],
      recipients: [map.recipients.hosting?.name],
      rights: ['Labot', 'Dzēst', 'Ierobežot izmantošanu', 'Iebilst', 'Pārnest'],
      complaint: [map.supervisor.name.lv, map.supervisor.email],
      source: ['Jūs'],
      decisions: [map.automatedDecisions.text.lv],
      transfers: [map.transfers.lv],
    };
    for (const [part, texts] of Object.entries(told)) {
      expect({
        part,
        missing: texts.filter((text) => text === undefined || !anna.includes(text.replaceAll(/\s+/g, ' '))),
      }).toEqual({ part, missing: [] });
    }
  });

  it('11 gives dates for how long, and a criterion where the clock has not started', () => {
    expect(anna).toMatch(/20(3[1-9]) ?\. gada/);
    expect(anna).toContain('neizpildītam pasūtījumam termiņš vēl nav sācies');
    expect(anna).not.toMatch(/cik ilgi nepieciešams|as long as (is )?(needed|necessary)/i);
  });

  it('11 is about this person: what they have no data for is not told', () => {
    const card = s.context.model.table('shop.loyalty_cards').entry.title.lv;
    const section = (text: string) => text.slice(0, text.indexOf('Kur par Jums nekā nav'));
    expect(section(anna)).toContain(card);
    expect(section(petr).length).toBeGreaterThan(1000);
    expect(section(petr)).not.toContain(card);
    expect(petr).toContain(card);
  });
});
