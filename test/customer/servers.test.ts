import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace, type WorkspaceServer } from '../support/workspace.js';
import { exportPerson } from './support/export.js';

const QUERIES = [{ email: PEOPLE.anna.email }, { email: PEOPLE.petr.email }, { id: '117' }];

/** The files of data/ of each export, in order, with their bytes. */
async function dataFiles(workspace: TestWorkspace): Promise<[string, Buffer][]> {
  const context = await workspace.context();
  try {
    const files: [string, Buffer][] = [];
    for (const [i, query] of QUERIES.entries()) {
      const { archive } = await exportPerson(context, query);
      // What the tool holds itself tells of this very export, and of the one before.
      for (const [name, content] of archive.files)
        if (name.startsWith('data/') && !name.startsWith('data/gdpr.')) files.push([`${i} ${name}`, content]);
    }
    return files;
  } finally {
    await context.database.close();
  }
}

describe('the data of an export', () => {
  let workspace: TestWorkspace;
  let files: [string, Buffer][];
  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    files = await dataFiles(workspace);
  });
  afterAll(() => workspace.remove());

  it('is the same, byte for byte, when it is exported again', async () => {
    expect(files.length).toBeGreaterThan(90);
    expect(
      files.every(([name, content]) => /^\d data\/[a-z0-9._-]+\.(json|csv)$/.test(name) && content.length > 50),
    ).toBe(true);
    expect(await dataFiles(workspace)).toEqual(files);
  });

  const other = async (server: WorkspaceServer) => {
    const elsewhere = await bookshopWorkspace({ server });
    try {
      expect(await dataFiles(elsewhere)).toEqual(files);
    } finally {
      await elsewhere.remove();
    }
  };

  it.skipIf(!outsideTool('postgresql-15').available)('is the same on PostgreSQL 15', () => other('pg15'), 120_000);

  it('is the same on the embedded database', () => other('embedded'), 180_000);
});
