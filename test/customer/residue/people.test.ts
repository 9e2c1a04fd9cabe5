import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { idPlaces } from '../../../src/customer/residue/id-places.js';
import { NO_NEEDLES } from '../../../src/customer/residue/needles.js';
import { proveResidue } from '../../../src/customer/residue/prove.js';
import { residueCustomer } from '../../../src/customer/residue/residue-customer.js';
import { type ResiduePerson, type Share, sharesOf } from '../../../src/customer/residue/share.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { prove, withClient } from './support.js';

const { anna, janis, namesake } = PEOPLE;

describe('whose a place is', { timeout: 240_000 }, () => {
  let workspace: TestWorkspace;
  let context: Context;
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    context = await workspace.context();
  });
  afterAll(async () => {
    await context.database.close();
    await workspace.remove();
  });
  const run = (query: Parameters<typeof residueCustomer>[1]) => residueCustomer(context, query, () => {});
  const places = (hits: readonly { table: string; column: string; key: string; class: string }[], type: string) =>
    [...new Set(hits.filter((hit) => hit.class === type).map((hit) => `${hit.table} ${hit.column} ${hit.key}`))].sort();

  it('is held while the person is a customer, and the namesake’s and the husband’s are theirs', async () => {
    const { residue, counts, unsearched } = await run({ email: anna?.email });
    expect(places(residue.hits, 'residue')).toEqual([]);
    expect(residue.clean).toBe(true);
    expect(unsearched).toEqual([]);
    const held = places(residue.hits, 'held');
    for (const place of ['shop.customers email 1', 'shop.contact_persons name 2', 'shop.orders guest_email 6'])
      expect(held).toContain(place);
    const others = places(residue.hits, 'third-party');
    expect(others).toContain('shop.customers last_name 2');
    expect(others).toContain('shop.customers landline 3');
    expect(others.filter((place) => / [1]$/.test(place) && place.startsWith('shop.customers'))).toEqual([]);
    expect(counts.held).toBeGreaterThan(50);
  });

  it('is residue where somebody else’s row or a table without people speaks of the person', async () => {
    await withClient(workspace.url, async (client) => {
      await client.query(
        `UPDATE shop.notes SET body = 'Piezvanīt arī Annai Bērziņai' WHERE subject_type = 'customer' AND subject_id = 3`,
      );
      await client.query(
        `INSERT INTO shop.app_settings VALUES ('vip', '{"mail": ["ANNA.BERZINA@PASTS.EXAMPLE"], "who": "Annas Bērziņas atlaide"}', now())`,
      );
      await client.query(`UPDATE shop.books SET author = 'Anna Bērziņa' WHERE id = 1`);
      await client.query(`UPDATE shop.reviews SET moderated_by = 'Anna Bērziņa' WHERE customer_id = 3`);
      await client.query(
        `INSERT INTO shop.support_messages (ticket_id, author, body, sent_at)
         SELECT id, 'customer', 'Ar cieņu, Anna Bērziņa', now() FROM shop.support_tickets WHERE customer_id = 2 LIMIT 1`,
      );
    });
    const { residue } = await run({ email: anna?.email, name: anna?.name });
    const columns = (type: string) => [
      ...new Set(places(residue.hits, type).map((place) => place.replace(/ \S+$/, ''))),
    ];
    expect(columns('residue')).toEqual(['shop.app_settings value', 'shop.notes body']);
    expect(
      residue.hits
        .filter(({ table }) => table === 'shop.app_settings')
        .map(({ place, kind }) => `${place} ${kind}`)
        .sort(),
    ).toEqual(['mail.* email', 'who name']);
    for (const place of ['shop.books author', 'shop.reviews moderated_by', 'shop.support_messages body'])
      expect(columns('third-party')).toContain(place);
  });

  it('is no place of theirs where the map says that the id beside is another table’s', async () => {
    const note = (type: string) =>
      withClient(workspace.url, async (client) => {
        const { rows } = await client.query(
          `INSERT INTO shop.notes (subject_type, subject_id, written_by, body, written_at)
           VALUES ($1, 1, 'Līga', 'Zvanīt pirms piegādes', now()) RETURNING id::text`,
          [type],
        );
        return (rows as { id: string }[])[0]?.id ?? '';
      });
    const [ofOrder, ofCustomer] = [await note('order'), await note('customer')];
    const { hits } = await prove(context, { ...NO_NEEDLES, ids: [{ table: 'shop.customers', key: ['1'] }] });
    const notes = hits.filter(({ table, column }) => table === 'shop.notes' && column === 'subject_id');
    expect(notes.map(({ key }) => key)).toContain(ofCustomer);
    expect(notes.map(({ key }) => key)).not.toContain(ofOrder);
  });

  it('is found in a list of ids, and under whatever key the map leads by', async () => {
    await withClient(workspace.url, (client) =>
      client.query(`INSERT INTO shop.app_settings VALUES ('sold', '{"customers": [3, 1], "other": [1]}', now())`),
    );
    const { hits } = await prove(context, { ...NO_NEEDLES, ids: [{ table: 'shop.customers', key: ['1'] }] });
    expect(hits.filter(({ table }) => table === 'shop.app_settings').map(({ place }) => place)).toEqual([
      'customers.*',
    ]);
    const tables = context.model.tables.map((table) => ({
      ...table,
      owners: table.owners.map((owner) => ({
        ...owner,
        reaches: owner.reaches.map((reach) =>
          reach.kind === 'through'
            ? { ...reach, on: reach.on.map((pair) => (pair.path ? { ...pair, path: ['pircējs', 'atsauce'] } : pair)) }
            : reach,
        ),
      })),
    }));
    const model = { ...context.model, tables } as Context['model'];
    expect(idPlaces(model, new Map(), ['shop.customers']).jsonKeys).toContain('atsauce');
  });

  it('is found of many people together as of each', async () => {
    const needles = Object.values(PEOPLE).map(({ email, name, phone }) => ({
      ...NO_NEEDLES,
      emails: email === undefined ? [] : [email],
      names: [name],
      phones: phone === undefined ? [] : [phone],
      ids: [],
    }));
    expect(needles.length).toBeGreaterThan(5);
    const together = await proveResidue(
      context,
      needles.map((each) => ({ needles: each })),
      () => {},
    );
    expect(together.counts.residue).toBeGreaterThan(20);
    for (const [person, own] of needles.entries()) {
      const { hits } = await prove(context, own);
      const theirs = together.hits.flatMap((hit) => (hit.person === person ? [{ ...hit, person: 0 }] : []));
      const sorted = (list: readonly object[]) => list.map((hit) => JSON.stringify(hit)).sort();
      expect(sorted(theirs)).toEqual(sorted(hits));
    }
  });

  it('is found of many namesakes together as of each', async () => {
    const name = anna?.name ?? '';
    const ids = (id: string) => [{ table: 'shop.customers', key: [id] }];
    const order = await withClient(workspace.url, async (client) => {
      const { rows } = await client.query('SELECT min(id)::text AS id FROM shop.orders WHERE customer_id = 2');
      return String(rows[0]?.id);
    });
    const nobodys = Array.from({ length: 6 }, (_, i) => ({
      needles: { ...NO_NEEDLES, emails: [`anna${i}@nowhere.example`], names: [i % 2 === 0 ? name : 'Anna Berzina'] },
    }));
    const keeping = { columns: ['last_name'], rule: 'a-ground' };
    const people: ResiduePerson[] = [
      ...nobodys,
      // The rows of these two are among the namesake's rows that all are found in.
      { needles: { ...NO_NEEDLES, names: [name], ids: ids('1') } },
      { needles: { ...NO_NEEDLES, names: [name], ids: ids('2') } },
      { needles: { ...NO_NEEDLES, names: [name], emails: [namesake?.email ?? ''] } },
      { needles: { ...NO_NEEDLES, names: [name], phones: [namesake?.phone ?? ''] } },
      { needles: { ...NO_NEEDLES, names: [name] }, kept: [{ table: 'shop.orders', key: [order], rule: 'a-ground' }] },
      { needles: { ...NO_NEEDLES, names: [name] }, kept: [{ table: 'shop.customers', key: ['2'], ...keeping }] },
      { needles: { ...NO_NEEDLES, names: [name, 'Anna Ozola'] } },
    ];
    const together = await proveResidue(context, people, () => {});
    const counts = { residue: 0, kept: 0, held: 0, 'third-party': 0 };
    const classes: string[] = [];
    for (const [at, person] of people.entries()) {
      const alone = await proveResidue(context, [person], () => {});
      const theirs = together.hits.flatMap((hit) => (hit.person === at ? [{ ...hit, person: 0 }] : []));
      const sorted = (list: readonly object[]) => list.map((hit) => JSON.stringify(hit)).sort();
      expect(sorted(theirs)).toEqual(sorted(alone.hits));
      for (const [type, count] of Object.entries(alone.counts)) counts[type as keyof typeof counts] += count;
      classes.push(JSON.stringify(alone.counts));
    }
    expect(together.counts).toEqual(counts);
    const hers = together.hits.filter(
      ({ person, table, key }) => person === 11 && table === 'shop.customers' && key === '2',
    );
    expect(hers.map((hit) => `${hit.column} ${hit.class}`).sort()).toEqual([
      'display_name third-party',
      'last_name kept',
    ]);
    // Namesakes of whom other things are known are told apart.
    expect(new Set(classes).size).toBeGreaterThan(4);
  });

  it('is found among very many people, though all are not looked for at once', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const own = Object.values(PEOPLE).map(({ email, name }) => ({ email, name }));
    const nobodys = Array.from({ length: 2300 }, (_, i) => ({
      email: `nobody${i}@nowhere.example`,
      name: `${letters[i % 26]}xq Qxx`,
    }));
    const everybody = own.flatMap((person, i) => [...nobodys.slice(i * 100, (i + 1) * 100), person]);
    everybody.push(...nobodys.slice(own.length * 100));
    const people = everybody.map(({ email, name }) => ({
      needles: { ...NO_NEEDLES, emails: email === undefined ? [] : [email], names: [name] },
    }));
    const shares = sharesOf(people, context.model);
    expect(shares.map((share) => share.length)).toEqual([people.length / 2, people.length / 2]);
    const ofShare = (share: Share) =>
      share.filter(([at]) => own.includes(everybody[at] as (typeof own)[number])).length;
    expect(shares.every((share) => ofShare(share) > 1)).toBe(true);

    const progress: number[] = [];
    const together = await proveResidue(context, people, ({ done, total }) => progress.push(done / total));
    const counts = { residue: 0, kept: 0, held: 0, 'third-party': 0 };
    const hits: object[] = [];
    for (const person of own) {
      const at = everybody.indexOf(person);
      const alone = await prove(context, people[at]?.needles ?? NO_NEEDLES);
      for (const [type, count] of Object.entries(alone.counts)) counts[type as keyof typeof counts] += count;
      hits.push(...alone.hits.map((hit) => ({ ...hit, person: at })));
      expect(together.searched).toEqual(alone.searched);
      expect(together.unsearched).toEqual(alone.unsearched);
    }
    expect(together.counts).toEqual(counts);
    const sorted = (list: readonly object[]) => list.map((hit) => JSON.stringify(hit)).sort();
    expect(sorted(together.hits)).toEqual(sorted(hits));
    expect(progress.at(-1)).toBe(1);
    for (const half of [0, 0.5])
      expect(new Set(progress.filter((part) => part >= half && part < half + 0.5)).size).toBeGreaterThan(10);
  });

  it('is found of each of many who have the same values', async () => {
    const own = { ...NO_NEEDLES, emails: [anna?.email ?? ''], names: [anna?.name ?? ''] };
    const alone = await prove(context, own);
    const people = 600;
    const together = await proveResidue(
      context,
      Array.from({ length: people }, () => ({ needles: own })),
      () => {},
    );
    // More than are judged at once.
    expect(people * alone.hits.length).toBeGreaterThan(20_000);
    const each = Object.entries(alone.counts).map(([kind, count]) => [kind, people * count]);
    expect(together.counts).toEqual(Object.fromEntries(each));
    expect(together.hits).toHaveLength(5000);
    expect(together.hits.some((hit) => hit.class === 'residue')).toBe(alone.counts.residue > 0);
  });

  it('is refused for a value that everybody has, and not for a name that many have', async () => {
    const many = 100_001;
    await withClient(workspace.url, (client) =>
      client.query(
        `CREATE TABLE shop.old_calls AS SELECT n AS id, '29 555 777' AS called, 'Zelma Visvaldis' AS who FROM generate_series(1, ${many}) n`,
      ),
    );
    const named = await prove(context, { ...NO_NEEDLES, names: ['Zelma Visvaldis'] });
    expect(named.counts).toEqual({ residue: many, kept: 0, held: 0, 'third-party': 0 });
    expect(named.hits).toHaveLength(5000);
    await expect(prove(context, { ...NO_NEEDLES, phones: ['29555777'] })).rejects.toMatchObject({ code: 'SEVERAL' });
    await withClient(workspace.url, (client) => client.query('DROP TABLE shop.old_calls'));
  });

  it('says nothing of people by their name alone', async () => {
    const { residue } = await run({ name: janis?.name });
    expect(places(residue.hits, 'held')).toEqual([]);
    expect(places(residue.hits, 'residue')).toEqual([]);
    expect(places(residue.hits, 'third-party')).toContain('shop.customers last_name 3');
  });

  it('stays known after the row lost everything that tells whose it was', async () => {
    await withClient(workspace.url, async (client) => {
      await client.query(
        `UPDATE shop.customers SET email = 'k7x@erased.invalid', first_name = NULL, last_name = 'Dzēsts', phone = NULL, landline = NULL, personas_kods = NULL WHERE id = 1`,
      );
    });
    const needles = { ...NO_NEEDLES, emails: [anna?.email ?? ''], names: [anna?.name ?? ''] };
    const { hits, clean } = await prove(context, needles);
    expect(clean).toBe(false);
    // A shipment of hers bears her name alone, as a namesake's does.
    expect(places(hits, 'residue').some((place) => place.startsWith('shop.shipments recipient_name'))).toBe(true);
    const theirs = places(
      (await prove(context, { ...NO_NEEDLES, emails: [namesake?.email ?? ''], names: [namesake?.name ?? ''] })).hits,
      'residue',
    );
    expect(theirs).toContain('shop.customers email 2');
    expect(theirs).not.toContain('shop.customers email 1');
  });

  it('refuses what cannot be looked for', async () => {
    await expect(run({ name: 'Anna' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(run({})).rejects.toMatchObject({ code: 'USAGE' });
  });
});
