import type { DataMap } from '../../datamap/schema.js';
import type { Language, Text, WithheldReason } from '../page-model.js';

/** What a person can ask for. */
export type Asked =
  | 'access'
  | 'rectification'
  | 'erasure'
  | 'restriction'
  | 'portability'
  | 'objection'
  | 'marketing-objection'
  | 'withdrawal';

/** Days are calendar days of the controller's zone as ISO 8601, e.g. `2026-03-05`. */
export interface LetterRequest {
  /** Number in the register of requests. */
  readonly number: string;
  readonly asked: readonly Asked[];
  readonly received: string;
  /** The last day of the first month (Art. 12(3)). */
  readonly due: string;
}

/**
 * What every letter holds. Texts of the operator (`string`) are in the language of the letter and shown as written;
 * a missing name, address or signatory becomes a line to fill in by hand.
 */
export interface LetterModel {
  readonly language: Language;
  /** The day of the letter. */
  readonly date: string;
  /** Left out where the register knows of none. */
  readonly request?: LetterRequest | undefined;
  /** What the controller finds the matter by where there is no request, e.g. the operation. */
  readonly reference?: string | undefined;
  readonly controller: DataMap['controller'];
  readonly supervisor: DataMap['supervisor'];
  readonly addressee?: { readonly name?: string; readonly address?: string };
  readonly signatory?: { readonly name?: string; readonly role?: string };
}

/** A letter that says something about a request of the register. */
export interface RequestLetterModel extends LetterModel {
  readonly request: LetterRequest;
}

export interface AcknowledgementModel extends RequestLetterModel {
  /** The request in the person's own words. */
  readonly quote?: string;
}

/** Why there is doubt (Art. 12(6)): from where the request came, whom it means, or who speaks for whom. */
export type Doubt = 'unknown-channel' | 'unclear-person' | 'representative';

/** Ways of showing who one is, none of which leaves a copy of a document behind. */
export type Proof =
  | 'known-email'
  | 'known-phone'
  | 'account'
  | 'order'
  | 'electronic-signature'
  | 'visit'
  | 'authorisation';

export interface IdentityModel extends RequestLetterModel {
  readonly doubts: readonly Doubt[];
  /** Each one alone is enough; a way that is not listed is given in words. */
  readonly sufficient: readonly (Proof | { readonly text: string })[];
  /** `suspended`: the month stands still until the person answers. `running`: it does not. */
  readonly clock: 'suspended' | 'running';
}

export interface ExtensionModel extends RequestLetterModel {
  /** The two grounds of Art. 12(3). */
  readonly grounds: readonly ('complexity' | 'number')[];
  /** What makes this request complex, or which requests there are. */
  readonly explanation: string;
  readonly extendedDue: string;
}

export type RefusalGround =
  | 'unidentified'
  | 'unfounded'
  | 'excessive'
  | 'rights-of-others'
  | 'no-ground-to-erase'
  | 'legal-duty'
  | 'legal-claims'
  | 'accurate'
  | 'compelling-grounds'
  | 'other-law';

export interface RefusalReason {
  readonly ground: RefusalGround;
  /** The facts of this case that make the ground apply. */
  readonly facts: string;
  /** The data concerned. */
  readonly what?: string;
  /** The day until which the data are kept. */
  readonly until?: string;
  /** The national or sector law beside the Regulation; required for `other-law`. */
  readonly law?: string;
}

export interface RefusalModel extends RequestLetterModel {
  readonly reasons: readonly RefusalReason[];
  /** What is done nevertheless; makes the refusal a partial one. */
  readonly granted?: string;
}

export interface NegativeModel extends LetterModel {
  readonly search: {
    /** The instant of the search, ISO 8601 with an offset. */
    readonly at: string;
    /** IANA name of the zone in which the instant is shown. */
    readonly timeZone: string;
    /** Tables that were searched. */
    readonly tables: number;
    /** What these tables hold, in words. */
    readonly groups?: readonly Text[];
    /** What was searched by: the kind of identifier and, if at all, its masked value. */
    readonly identifiers: readonly { readonly kind: Text; readonly masked?: string }[];
  };
}

export type Channel = 'email' | 'post' | 'sms' | 'phone' | 'in-person' | 'account';

/**
 * `archive`: the .asice itself; `age`: encrypted to the person's own age key; `page`: a page that decrypts itself in
 * the browser with a code of digits, which goes another way than the page.
 */
export type Enclosure =
  | { readonly form: 'archive' | 'age'; readonly file: string; readonly sentBy: Channel }
  | { readonly form: 'page'; readonly file: string; readonly sentBy: Channel; readonly codeBy: Channel };

export interface AccessModel extends RequestLetterModel {
  /** The instant whose state the copy shows, ISO 8601 with an offset; shown in `timeZone`. */
  readonly snapshotAt: string;
  readonly timeZone: string;
  readonly records: number;
  /** Groups of data (tables) with records. */
  readonly groups: number;
  /** Fields that are not shown, by reason. */
  readonly withheld: readonly { readonly reason: WithheldReason; readonly fields: number }[];
  /** The signed archive inside the enclosure; SHA-256 of the file, hexadecimal. */
  readonly archive: { readonly file: string; readonly sha256: string };
  readonly enclosure: Enclosure;
  /** SHA-256 of the certificate that signed the archive, hexadecimal. */
  readonly certificate: { readonly sha256: string; readonly selfMade: boolean };
}

/** Fields of one group of data that erasure keeps on one ground. */
export interface KeptLine {
  readonly what: Text;
  readonly fields: readonly Text[];
  readonly because: Text;
  readonly law: string;
  /** The first day on which they may no longer be there, ISO 8601. */
  readonly until?: string;
  /** When the ground ends, where it has no day. */
  readonly untilWords?: Text | undefined;
}

export interface ErasureModel extends LetterModel {
  readonly kept: readonly KeptLine[];
}

/** A restriction that is about to be lifted, and the day since which it has been in force. */
export interface LiftingModel extends LetterModel {
  readonly restricted: readonly {
    readonly ground: '18(1)(a)' | '18(1)(b)' | '18(1)(c)' | '18(1)(d)';
    readonly since: string;
  }[];
}

/** A restriction that has been placed. */
export interface RestrictionModel extends LetterModel {
  readonly restricted: LiftingModel['restricted'][number];
  /** Names of the recipients who are told (Art. 19). */
  readonly recipients: readonly string[];
}

export interface ObjectionModel extends LetterModel {
  readonly to: 'marketing' | 'insight';
  /** The day on which it took effect. */
  readonly since: string;
  /** Names of the recipients to whom it is passed on. */
  readonly recipients: readonly string[];
}

/** Fields of one group of data that were corrected, or that stay as a document was issued. */
export interface CorrectedLine {
  readonly what: Text;
  readonly fields: readonly Text[];
  /** The law by which they stay; undefined where they were corrected. */
  readonly law?: string;
}

export interface RectificationModel extends LetterModel {
  readonly corrected: readonly CorrectedLine[];
  readonly left: readonly CorrectedLine[];
  /** Fields that an order of an authority or a court keeps as they are until it ends. */
  readonly held: readonly CorrectedLine[];
  /** Names of the recipients who are told (Art. 19). */
  readonly recipients: readonly string[];
}

export interface LetterModels {
  acknowledgement: AcknowledgementModel;
  identity: IdentityModel;
  extension: ExtensionModel;
  refusal: RefusalModel;
  negative: NegativeModel;
  access: AccessModel;
  erasure: ErasureModel;
  restriction: RestrictionModel;
  lifting: LiftingModel;
  objection: ObjectionModel;
  rectification: RectificationModel;
}

export type LetterKind = keyof LetterModels;
