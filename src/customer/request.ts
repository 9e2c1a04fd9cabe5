import type { Language } from '../documents/page-model.js';
import type { FoundPerson } from './people.js';
import type { Review } from './review/read.js';

/** What an export was asked for. */
export interface ExportRequest {
  readonly person: FoundPerson;
  readonly subject: string;
  /** How the person's identity was checked. */
  readonly verified: string;
  /** Number of the request in the register that it answers. */
  readonly number?: string | undefined;
  readonly language: Language;
  /** The plan that was looked at; another one is refused. */
  readonly planDigest?: string | undefined;
  /** What was decided on the free texts. */
  readonly review?: Review | undefined;
}
