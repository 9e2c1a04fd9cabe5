import { startServer } from '/work/main/test/support/server.js';
import { connectServer } from '/work/main/src/database/connect.js';
import { migrate } from '/work/main/src/database/migrate.js';
import { checkOperations } from '/work/main/src/operation/agreement.js';
const s = await startServer();
try {
  const db = await connectServer({ url: s.url, timeZone: 'UTC' });
  await migrate(db);
  await db.transaction('read committed', async (x) => {
    await x.run(`INSERT INTO gdpr.operation (id, action, state, operator, subjects, archive, archive_sha256, ended_at)
      SELECT i, 'customer export', 'done', 'x', ARRAY['subject:' || repeat('a', 26)], 'export-' || i || '.asice', repeat('a', 64), now()
      FROM (SELECT '20260101-' || translate(lpad(n::text, 16, '0'), '0189', 'abcd') AS i FROM generate_series(1, 500000) n) s`);
    await x.run(`INSERT INTO gdpr.audit_entry (sequence, time, kind, action, operation, result, subjects, entry, leaf_hash)
      SELECT row_number() OVER (), now(), k, 'customer export', id, CASE k WHEN 'outcome' THEN 'done' END, subjects,
      '{"action":"customer export",' || CASE k WHEN 'outcome' THEN '"archiveDigest":"sha256:' || repeat('a', 64) || '",' ELSE '' END || '"ground":"Art. 15","kind":"' || k || '","operation":"' || id || '","operator":{"databaseRole":"postgres","name":"x"},"sequence":1,"subjects":["' || subjects[1] || '"],"time":"2026-01-02T03:04:05.000006Z","planDigest":"sha256:' || repeat('a', 64) || '"}', sha256('x')
      FROM gdpr.operation, unnest(ARRAY['intent','outcome']) k`);
  });
  for (let i = 0; i < 2; i += 1) { const t = Date.now(); const r = await db.transaction('repeatable read', checkOperations); console.log(Date.now() - t, 'ms', JSON.stringify(r).slice(0, 300)); }
  await db.close();
} finally { await s.stop(); }
