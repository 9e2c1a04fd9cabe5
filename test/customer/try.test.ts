import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { exportPerson } from './support/export.js';
import { expectedRows, exportedRows } from './support/expected.js';

let workspace: TestWorkspace; let context: Context;
beforeAll(async () => { workspace = await bookshopWorkspace(); context = await workspace.context(); });
afterAll(async () => { await context.database.close(); await workspace.remove(); });
describe('try', () => {
  it.each([
   ['anna', {email:'anna.berzina@pasts.example'}, {customers:[1],contacts:[2],emails:['anna.berzina@pasts.example']}],
   ['namesake', {id:'2'}, {customers:[2],emails:['anna.berzina2@pasts.example']}],
   ['janis', {id:'3'}, {customers:[3],emails:['janis.berzins@pasts.example']}],
   ['lasitava', {id:'4'}, {customers:[4],emails:['gramatvediba@lasitava.example']}],
   ['ilze', {email:'ilze.kalnina@lasitava.example'}, {contacts:[1],emails:['ilze.kalnina@lasitava.example']}],
   ['petr', {email:'petr.ivanov@pasts.example'}, {emails:['petr.ivanov@pasts.example']}],
  ])('%s', async (_n, query, known) => {
    const t0=Date.now();
    const { archive, result } = await exportPerson(context, query);
    console.log(_n, Date.now()-t0, result.withheld);
    const expected = await context.database.transaction('repeatable read', (s) => expectedRows(s, known));
    console.log([...archive.tables].map(([k,v])=>k+JSON.stringify(v.rows)).join('\n'));
    expect(exportedRows(archive.tables)).toEqual(expected);
  });
});
