import type { Job } from '../job.js';
import { archives } from './archive.js';
import { audience } from './audience.js';
import { audit } from './audit.js';
import { consents } from './consents.js';
import { erasures } from './erase.js';
import { exports_ } from './export.js';
import { finds } from './find.js';
import { residues } from './residue.js';
import { retentions } from './retention.js';
import { starts } from './start.js';

/** In the order in which they run and are reported. */
export const jobs: readonly Job[] = [
  ...starts,
  ...finds,
  ...exports_,
  ...erasures,
  ...residues,
  ...retentions,
  audience,
  consents,
  audit,
  ...archives,
];
