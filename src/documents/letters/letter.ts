import { accessBody } from './access.js';
import { acknowledgementBody } from './acknowledgement.js';
import { erasureBody } from './erasure.js';
import { extensionBody } from './extension.js';
import { identityBody } from './identity.js';
import { liftingBody } from './lifting.js';
import type { LetterKind, LetterModels } from './model.js';
import { negativeBody } from './negative.js';
import { objectionBody } from './objection.js';
import type { Body } from './parts.js';
import { rectificationBody } from './rectification.js';
import { refusalBody } from './refusal.js';
import { restrictionBody } from './restriction.js';
import { sheet } from './sheet.js';

export type * from './model.js';

const BODIES: { readonly [K in LetterKind]: (model: LetterModels[K]) => Body } = {
  acknowledgement: acknowledgementBody,
  identity: identityBody,
  extension: extensionBody,
  refusal: refusalBody,
  negative: negativeBody,
  access: accessBody,
  erasure: erasureBody,
  restriction: restrictionBody,
  lifting: liftingBody,
  objection: objectionBody,
  rectification: rectificationBody,
};

/**
 * A letter to a person who made a request, as a whole HTML page without scripts or outside parts, in the model's
 * language, to be printed on A4. Pure: the same model gives the same bytes.
 * @throws GdprError INPUT_INVALID when the model lacks what such a letter must hold (a reason, a day, …) or shows an
 *   identifier unmasked; REFUSED when the law does not allow the letter (an extension after the first month, the
 *   refusal of an objection to marketing, a passphrase sent the same way as what it opens).
 */
export function letter<K extends LetterKind>(kind: K, model: LetterModels[K]): string {
  return sheet(model, BODIES[kind](model));
}
