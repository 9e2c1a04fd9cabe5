// Encrypts an archive in both ways, opens both again, and prints by how much the process grew at most.
import { rm } from 'node:fs/promises';
import { encryptArchive } from '../../../src/delivery/encrypt.js';
import { openDelivery } from '../../../src/delivery/open.js';

const [path = '', recipient = '', identity = '', signer = ''] = process.argv.slice(2);
const trust = { signers: [signer] };
const before = process.resourceUsage().maxRSS;
const made = await encryptArchive(path, {
  recipients: [recipient],
  forCustomer: true,
  language: 'lv',
  controllerName: 'X',
  trust,
});
const opened: boolean[] = [];
for (const file of made.files) {
  const to = `${file.path}.asice`;
  const key = file.kind === 'age' ? { identity } : {};
  const { verification } = await openDelivery(file.path, {
    to,
    ...key,
    passphrase: async () => made.passphrase ?? '',
    trust,
  });
  opened.push(verification?.valid === true);
  await rm(to);
}
const growthMegabytes = (process.resourceUsage().maxRSS - before) / 1024;
console.log(JSON.stringify({ opened, growthMegabytes }));
