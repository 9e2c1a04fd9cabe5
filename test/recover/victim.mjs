// A program that does one piece of work and kills itself with SIGKILL at one of its steps (steps.mjs). It loads
// everything first and waits to be told what to do, so that the next one can load while the last one is looked at.
import { arm } from './steps.mjs';

const dist = (file) => import(new URL(`../../dist/src/${file}`, import.meta.url));
const [{ openContext }, { prepareEraseMany, eraseMany }, { prepareRectify }, { rectifyCustomer }, { readSettings }] =
  await Promise.all([
    dist('workspace/open.js'),
    dist('customer/erase/erase-many.js'),
    dist('customer/rectify/rectify-customer.js'),
    dist('customer/rectify/run.js'),
    dist('customer/rectify/settings.js'),
  ]);

/** What is prepared before the steps are counted, and what then is done. */
const WORKS = {
  async erase(context, { lines, ground }) {
    const prepared = await prepareEraseMany(context, lines, ground);
    return () => eraseMany(context, prepared, { ground });
  },
  async rectify(context, { query, set }) {
    const prepared = await prepareRectify(context, query, readSettings(set, []), async () => undefined);
    return () => rectifyCustomer(context, prepared, { verified: 'account login', language: 'lv' });
  },
};

process.once('message', async ({ folder, environment, work, asked, at }) => {
  const signal = new AbortController().signal;
  const context = await openContext({ folder, environment, passphrase: async () => undefined, signal });
  const run = await WORKS[work](context, asked);
  const steps = arm(at);
  await run();
  const done = [...steps];
  await context.database.close();
  process.send(done, () => process.disconnect());
});
process.send('loaded');
