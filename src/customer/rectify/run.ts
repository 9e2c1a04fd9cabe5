import type { Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { letter } from '../../documents/letters/letter.js';
import type { Language } from '../../documents/page-model.js';
import { now } from '../../foundation/clock.js';
import { parse } from '../../identity/kinds.js';
import { adoptAliases } from '../../identity/reference.js';
import { archiveChange } from '../../operation/archived.js';
import { runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { hasherOf } from '../find-customer.js';
import { assertNotHeld } from '../hold/gate.js';
import { assertNameless, basisOf } from '../identity-check.js';
import { aliasesOf, type FoundPerson } from '../people.js';
import { assertPlan } from '../plan.js';
import { changesSince } from '../recheck.js';
import { journalDone } from '../settle-journaled.js';
import { type Rectified, rectifyRows } from './engine.js';
import { rectificationLetter } from './letter.js';
import { GROUND, planRectify } from './plan.js';
import { ACTION, type PreparedRectify } from './rectify-customer.js';
import { type ChangedPlace, changedWithDigests, effectOf, type HeldAsIs, type LeftAsIs, type Told } from './report.js';
import type { TableRows } from './write.js';

/** On what a correction is done, beside what it does. */
export interface RectifyOrder {
  /** How the person's identity was checked. */
  readonly verified: string;
  /** Number of the request in the register that it answers. */
  readonly number?: string | undefined;
  readonly language: Language;
  /** The plan that was looked at; another one is refused. */
  readonly planDigest?: string | undefined;
}

export interface RectifyResult {
  readonly operation: string;
  readonly subject: string;
  readonly planDigest: string;
  /** Path of the signed archive. */
  readonly archive: string;
  readonly sha256: string;
  readonly tables: readonly TableRows[];
  readonly places: readonly ChangedPlace[];
  readonly left: readonly LeftAsIs[];
  /** What a hold that may be told of keeps as it is. */
  readonly held: readonly HeldAsIs[];
  readonly unreadable: Rectified['unreadable'];
  readonly recipients: readonly Told[];
  readonly audit: { readonly sequence: number };
}

/**
 * Corrects what is held about one person (Art. 16): intent → one READ COMMITTED transaction that collects, locks,
 * changes, gives the reference its new aliases, signs the archive and appends the outcome → the archive gets its
 * name. A crash leaves it wholly done or wholly not.
 * @throws GdprError DRIFT, REFUSED, PLAN_CHANGED, NOBODY, INPUT_INVALID, LOCKED, FILE_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function rectifyCustomer(
  context: Context,
  prepared: PreparedRectify,
  order: RectifyOrder,
): Promise<RectifyResult> {
  const { match, plan, wanted } = prepared;
  const { model } = context;
  const intent = {
    action: ACTION,
    subjects: [match.subject],
    planDigest: plan.digest,
    ground: GROUND,
    verified: order.verified,
    ...(order.number !== undefined && { request: order.number }),
  };
  const name = (operation: string) => `rectification-${operation}.asice`;
  return runOperation(
    context,
    intent,
    async (operation) => {
      assertPlan(plan, order.planDigest);
      const { written, path, sha256, sequence } = await archiveChange(
        context,
        operation,
        name(operation.id),
        async (session, archive) => {
          const rectified = await change(session, context, prepared);
          const report = effectOf(model, rectified);
          const places = changedWithDigests(rectified, wanted.digest);
          await session.run(
            `INSERT INTO gdpr.rectification (operation, subject, request, rectified_by, key_version, fields)
             VALUES ($1, $2, $3, $4, $5, $6::jsonb)`,
            [
              operation.id,
              match.subject,
              order.number ?? null,
              context.operator,
              context.keys.hmacVersion,
              JSON.stringify(places),
            ],
          );
          const document = {
            format: 'privatums rectification',
            version: 1,
            operation: operation.id,
            ground: GROUND,
            subjects: intent.subjects,
            ...(order.number !== undefined && { request: order.number }),
            rectifiedAt: now().toISOString(),
            controller: model.map.controller.name,
            mapDigest: model.digest,
            planDigest: plan.digest,
            ...report,
            places,
          };
          await archive.add('rectification.json', 'application/json', [`${JSON.stringify(document, undefined, 2)}\n`]);
          const { language, number } = order;
          const about = await rectificationLetter(session, context, {
            ...report,
            operation: operation.id,
            number,
            language,
          });
          await archive.add('letter.html', 'text/html', [letter('rectification', about)]);
          return {
            written: report,
            outcome: {
              counts: Object.fromEntries(rectified.tables.map(({ table, rows }) => [`${table} changed`, rows])),
              rules: [
                ...new Set([...report.left.map(({ rule }) => rule), ...report.held.map(({ hold }) => hold)]),
              ].sort(),
            },
          };
        },
      );
      await journalDone(context);
      return {
        operation: operation.id,
        subject: match.subject,
        planDigest: plan.digest,
        archive: path,
        sha256,
        ...written,
        audit: { sequence },
      };
    },
    name,
  );
}

async function change(
  session: Session,
  context: Context,
  { match, wanted, plan }: PreparedRectify,
): Promise<Rectified> {
  const { model, keys } = context;
  const { person, subject } = match;
  const [fault] = await changesSince(session, model, await readCatalog(session), [person]);
  if (fault !== undefined) throw fault;
  await assertNotHeld(session, context, [{ person, subject }], 'corrected');
  const rectified = await rectifyRows(session, wanted);
  assertPlan(planRectify(model, rectified.correction, wanted.digest, subject), plan.digest);
  await adoptAliases(session, hasherOf(keys), subject, aliasesOf(renamed(person, rectified, model), model));
  return rectified;
}

/** The person by what they are called now. */
function renamed(person: FoundPerson, { correction, old }: Rectified, model: DataMapModel): FoundPerson {
  const spelling = spellingOf(model);
  let { identifiers, names } = person;
  for (const change of correction.identifiers) {
    const { identifier, kind, value } = change;
    const before = parse(kind, old.get(change) ?? '', spelling);
    const after = value === null ? [] : parse(kind, value, spelling);
    if (kind === 'name') names = value === null ? names : [value];
    const others = identifiers.filter((each) => each.identifier !== identifier || !before.includes(each.value));
    if (others.length < identifiers.length)
      identifiers = [...others, ...after.map((form) => ({ identifier, value: form }))];
  }
  return { ...person, identifiers, names };
}

/**
 * On what it is done, by the flags of a command, checked before anything is asked or done.
 * @throws GdprError INPUT_INVALID, REFUSED when nobody says how the identity was checked
 */
export function orderOf(
  { match, request }: PreparedRectify,
  flags: {
    readonly verified?: string | undefined;
    readonly language: string;
    readonly 'plan-digest'?: string | undefined;
  },
): RectifyOrder {
  const basis = basisOf(flags.verified, request);
  assertNameless(basis.verified, match.traits.get('name') ?? []);
  return { ...basis, language: flags.language === 'en' ? 'en' : 'lv', planDigest: flags['plan-digest'] };
}
