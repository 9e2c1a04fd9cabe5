import pg from 'pg';

export interface Evaluator {
  /** The value of an SQL expression over `x` for each text, in order. */
  evaluate(expression: string, texts: readonly string[], values?: readonly unknown[]): Promise<unknown[]>;
  client: pg.Client;
}

/** A connection as the product opens one: nothing is looked up outside pg_catalog. */
export async function connect(url: string): Promise<Evaluator> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('SET search_path = pg_catalog');
  return {
    client,
    evaluate: async (expression, texts, values = []) => {
      const { rows } = await client.query<{ key: unknown }>(
        `SELECT (${expression}) AS key FROM unnest($1::text[]) WITH ORDINALITY AS t (x, n) ORDER BY n`,
        [[...texts], ...values],
      );
      return rows.map((row) => row.key);
    },
  };
}

/** Makes a sibling database with its own collation, beside the test's database, and answers its URL. */
export async function siblingDatabase(url: string, suffix: string, options: string): Promise<string> {
  const { client } = await connect(url);
  const sibling = new URL(url);
  sibling.pathname = `${sibling.pathname}_${suffix}`;
  await client.query(`CREATE DATABASE "${sibling.pathname.slice(1)}" TEMPLATE template0 ENCODING 'UTF8' ${options}`);
  await client.end();
  return sibling.href;
}

export async function dropSibling(url: string, sibling: string): Promise<void> {
  const { client } = await connect(url);
  await client.query(`DROP DATABASE IF EXISTS "${new URL(sibling).pathname.slice(1)}" WITH (FORCE)`);
  await client.end();
}
