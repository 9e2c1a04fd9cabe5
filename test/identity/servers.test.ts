import { PGlite } from '@electric-sql/pglite';
import { describe, expect, it } from 'vitest';
import { IDENTIFIER_KINDS, identifiers, nameTokens, sqlNameCondition } from '../../src/identity/kinds.js';
import { postgres15, testDatabase } from '../support/postgres.js';
import { outsideTool } from '../support/tools.js';
import { connect } from './sql.js';

const SAMPLES = [
  ...['Jānis Bērziņš', 'Щербакова Юлия', "O'Brien", 'Æsop Џорџ', 'Ja\u0304nis', '李明', 'राम', 'A B C D E F', ''],
  ...['<MAILTO:A@B.lv>.', 'a@ābols.lv', '+371 29-123-456', '29123456, 67123456', '010190\u2013123 45', ' ord ß 1'],
];

async function keysOn(url: string): Promise<unknown[][]> {
  const { client, evaluate } = await connect(url);
  const keys: unknown[][] = [];
  for (const kind of IDENTIFIER_KINDS) keys.push(await evaluate(identifiers[kind].sqlKey('x'), SAMPLES));
  await client.end();
  return keys;
}

async function keysHere(): Promise<unknown[][]> {
  const database = await testDatabase();
  const keys = await keysOn(database.url);
  await database.drop();
  return keys;
}

describe('the keys are the same', () => {
  it.skipIf(!outsideTool('postgresql-15').available)('on PostgreSQL 15', async () => {
    const server = await postgres15();
    const database = await server.testDatabase();
    expect(await keysOn(database.url)).toEqual(await keysHere());
    await database.drop();
    await server.stop();
  });

  it('on the embedded database', async () => {
    const embedded = await PGlite.create();
    await embedded.exec('SET search_path = pg_catalog');
    const keys: unknown[][] = [];
    for (const kind of IDENTIFIER_KINDS) {
      const { rows } = await embedded.query<{ key: unknown }>(
        `SELECT (${identifiers[kind].sqlKey('x')}) AS key FROM unnest($1::text[]) WITH ORDINALITY AS t (x, n) ORDER BY n`,
        [SAMPLES],
      );
      keys.push(rows.map((row) => row.key));
    }
    expect(keys).toEqual(await keysHere());
    const found = await embedded.query<{ x: string }>(
      `SELECT x FROM unnest($2::text[]) AS t (x) WHERE ${sqlNameCondition('x', '$1')} AND x <> 'राम'`,
      [nameTokens('Julija'), SAMPLES],
    );
    expect(found.rows).toEqual([{ x: 'Щербакова Юлия' }]);
    await embedded.close();
  });
});
