import { PEOPLE } from '../../examples/bookshop/people.js';

const { anna } = PEOPLE;
if (anna === undefined) throw new Error('the bookshop has no Anna');

/** What operators type when they look for Anna. */
export const TYPED = {
  email: 'Anna.BERZINA@pasts.example',
  phone: '371 2123 4567',
  name: 'Anna Berzina',
  kods: '12038511234',
  order: 'RB-2014-000001',
} as const;

const NEEDLES = [
  ...new Set([
    anna.name,
    anna.email,
    anna.phone,
    anna.personasKods ?? '',
    ...anna.needles,
    ...anna.secrets,
    ...anna.orders,
    ...Object.values(TYPED),
    'Bērziņa',
    'Berzina',
  ]),
].map((needle) => needle.toLowerCase());

/** Anna's values that a text holds, in any case of letters. */
export function leaksIn(text: string): string[] {
  const lower = text.toLowerCase();
  return NEEDLES.filter((needle) => lower.includes(needle));
}
