import { it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { bookshopWorkspace } from '../support/workspace.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { draftDataMap } from '../../src/datamap/draft.js';
it('x', async () => {
  const w = await bookshopWorkspace();
  const c = await w.context();
  const catalog = await c.database.transaction('repeatable read', readCatalog);
  const d = draftDataMap(catalog);
  writeFileSync('/tmp/h4_draft.yaml', d.text);
  console.log({ ...d, text: '' });
  await c.database.close();
  await w.remove();
}, 200000);
