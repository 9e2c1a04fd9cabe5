import { tieInstallation } from './installation.js';
import { connectDatabase, locateWorkspace, type Surroundings } from './open.js';

export interface MigrationResult {
  readonly installation: string;
  readonly migrations: readonly string[];
}

/** Brings the tool's tables up to date and ties the workspace to the database. */
export async function migrateWorkspace(surroundings: Surroundings): Promise<MigrationResult> {
  const workspace = await locateWorkspace(surroundings);
  // The tool's tables are the same under every data map, and are made before there is one.
  const database = await connectDatabase(workspace, 'UTC');
  try {
    const { migrate } = await import('../database/migrate.js');
    const migrations = await migrate(database);
    const kind = workspace.config.database === 'embedded' ? 'embedded' : 'server';
    const { id } = await database.transaction('read committed', (session) =>
      tieInstallation(session, workspace.paths, kind),
    );
    return { installation: id, migrations };
  } finally {
    await database.close();
  }
}
