import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseDataMap } from '../../src/datamap/load.js';
import { pageText, shop } from './shop.js';

const s = shop();

describe('12 recipients', () => {
  it('12 names each one, the host, the SMS gateway and every carrier included', async () => {
    const page = pageText((await s.export({ email: 'anna.berzina@pasts.example' })).archive.text('index.html'));
    const recipients = Object.values(s.context.model.map.recipients);
    expect(recipients.length).toBeGreaterThan(5);
    expect(recipients.filter(({ name }) => !page.includes(name.replaceAll(/\s+/g, ' ')))).toEqual([]);
  });

  it('12 records the agreement with the carrier, and refuses a map with a recipient that has no name', async () => {
    const { map } = s.context.model;
    const agreements = ['omniva', 'latvijas-pasts', 'dpd'].map((id) => map.recipients[id]?.agreement);
    expect(agreements.every((agreement) => /\d/.test(agreement ?? ''))).toBe(true);
    const text = await readFile(s.context.paths.datamap, 'utf8');
    const nameless = text.replace('name: Omniva SIA', 'name: ""');
    expect(nameless).not.toBe(text);
    expect(() => parseDataMap(nameless, 'map')).toThrow(/recipients\.omniva\.name/);
  });
});
