import { type FixedRow, fixed, type Json, type PersonKey } from './row.js';

interface Account {
  readonly id: number;
  readonly email: string;
  readonly names: readonly [first: string, last: string];
  readonly phone: string;
  readonly created: string;
  readonly more: Record<string, Json>;
}

const HOUSEHOLD = { street: 'Brīvības iela 214-17', city: 'Rīga', postcode: 'LV-1039' };

function account(of: PersonKey, { id, email, names, phone, created, more }: Account): FixedRow {
  const [first_name, last_name] = names;
  return fixed('customers', of, {
    id,
    kind: 'private',
    email,
    first_name,
    last_name,
    phone,
    default_address_id: id,
    created_at: created,
    newsletter_opt_in: false,
    sms_opt_in: false,
    ...more,
  });
}

const customers: readonly FixedRow[] = [
  account('anna', {
    id: 1,
    email: 'anna.berzina@pasts.example',
    names: ['Anna', 'Bērziņa'],
    phone: '+371 21234567',
    created: '2013-09-02 08:15:42.118207+00',
    more: {
      landline: '+371 67123456',
      birth_date: '1985-03-12',
      personas_kods: '120385-11234',
      language: 'lv',
      password_hash: '$argon2id$v=19$m=65536,t=3,p=4$YW5uYXNzYWxz$QW5uYXNQYXJvbGVzSmF1Y2VqdW1z',
      newsletter_opt_in: true,
      newsletter_opt_in_at: '2018-05-24 17:03:11.500001+00',
      sms_opt_in: true,
      sms_opt_in_at: '2021-02-14 09:30:00.250000+00',
      opt_in_ip: '203.0.113.11',
      segment: 5,
      last_login_at: '2026-10-29 18:44:07.912345+00',
    },
  }),
  account('namesake', {
    id: 2,
    email: 'anna.berzina2@pasts.example',
    names: ['Anna', 'Bērziņa'],
    phone: '21987654',
    created: '2015-11-20 12:00:09.700031+00',
    more: {
      birth_date: '1991-07-30',
      personas_kods: '300791-12876',
      language: 'lv',
      password_hash: '$2y$12$VmFyZGFNYXNhc1NhbHMuLeOtherAnnasPasswordHashValue',
      newsletter_opt_in: true,
      newsletter_opt_in_at: '2015-11-20 12:00:09.700031+00',
      opt_in_ip: '203.0.113.22',
      segment: 2,
      last_login_at: '2024-06-02 07:21:55.000009+00',
    },
  }),
  account('janis', {
    id: 3,
    email: 'janis.berzins@pasts.example',
    names: ['Jānis', 'Bērziņš'],
    phone: '00371 2155-5123',
    created: '2016-01-08 19:40:30.330330+00',
    more: {
      landline: '+371 67123456',
      birth_date: '1983-10-04',
      personas_kods: '32845678901',
      language: 'lv',
      password_hash: '$2y$12$SmFuYUF0c2V2aXNrYWlzU2FscyJanisPasswordHashValue',
      sms_opt_in: true,
      sms_opt_in_at: '2020-12-01 06:05:04.030201+00',
      opt_in_ip: '203.0.113.33',
      segment: 3,
      last_login_at: '2025-08-17 20:10:10.101010+00',
    },
  }),
  fixed('customers', 'lasitava', {
    id: 4,
    kind: 'legal',
    email: 'gramatvediba@lasitava.example',
    company_name: 'SIA "Lasītava"',
    registration_number: '40203999417',
    vat_number: 'LV40203999417',
    phone: '+371 67129417',
    language: 'lv',
    password_hash: '$2y$12$TGFzaXRhdmFzVXpuZW11bWFTYWxzCompanyPasswordHashValue',
    newsletter_opt_in: true,
    newsletter_opt_in_at: '2019-03-04 08:00:00.000001+00',
    sms_opt_in: false,
    opt_in_ip: '203.0.113.44',
    segment: 4,
    default_address_id: 4,
    created_at: '2019-03-04 07:58:21.404040+00',
    last_login_at: '2026-09-15 11:11:11.111111+00',
  }),
];

const addresses: readonly FixedRow[] = [
  fixed('addresses', 'anna', {
    id: 1,
    customer_id: 1,
    label: 'Mājas',
    recipient_name: 'Anna Bērziņa',
    ...HOUSEHOLD,
    country: 'LV',
    phone: '21234567',
    instructions: 'Durvju kods 4417B, otrais stāvs pa kreisi',
    created_at: '2013-09-02 08:17:00.000417+00',
  }),
  fixed('addresses', 'anna', {
    id: 5,
    customer_id: 1,
    label: 'Vasarnīca',
    recipient_name: 'Anna Bērziņa',
    street: 'Sūnu kāpu iela 9',
    city: 'Saulkrasti',
    postcode: 'LV-2160',
    country: 'LV',
    phone: '00371 2123-4567',
    instructions: 'Atstāt pie kaimiņienes zilajā mājā',
    created_at: '2017-06-11 14:25:36.472583+00',
  }),
  fixed('addresses', 'namesake', {
    id: 2,
    customer_id: 2,
    label: null,
    recipient_name: 'Anna Bērziņa',
    street: 'Rožu gatve 88-203',
    city: 'Liepāja',
    postcode: 'LV-3401',
    country: 'LV',
    phone: '21987654',
    instructions: 'Zvans nedarbojas, klauvēt pie 203. dzīvokļa',
    created_at: '2015-11-20 12:02:00.000022+00',
  }),
  fixed('addresses', 'janis', {
    id: 3,
    customer_id: 3,
    label: 'Mājas',
    recipient_name: 'Jānis Bērziņš',
    ...HOUSEHOLD,
    country: 'LV',
    phone: '2155 5123',
    instructions: 'Jāņa sūtījumus atstāt garāžā nr. 61',
    created_at: '2016-01-08 19:42:00.000033+00',
  }),
  fixed('addresses', ['lasitava', 'ilze'], {
    id: 4,
    customer_id: 4,
    label: 'Birojs',
    recipient_name: 'SIA "Lasītava", Ilze Kalniņa',
    street: 'Skolas dambis 41C, 6. stāvs',
    city: 'Rīga',
    postcode: 'LV-1010',
    country: 'LV',
    phone: '+371 67129417',
    instructions: 'Piegāde pa pagalma rampu Nr. 6C',
    created_at: '2019-03-04 08:05:00.000044+00',
  }),
];

const contacts: readonly FixedRow[] = [
  fixed('contact_persons', 'ilze', {
    id: 1,
    customer_id: 4,
    name: 'Ilze Kalniņa',
    email: 'ilze.kalnina@lasitava.example',
    mobile: '+371 21345678',
    position: 'Iepirkumu vadītāja bērnu literatūrā',
    receives_invoices: true,
    created_at: '2019-03-04 08:07:30.515151+00',
    left_on: null,
  }),
  fixed('contact_persons', 'anna', {
    id: 2,
    customer_id: 4,
    name: 'Anna Bērziņa',
    email: 'Anna.Berzina@pasts.example',
    mobile: '+371 21234567',
    position: 'Korektore rokasgrāmatu sērijai',
    receives_invoices: false,
    created_at: '2019-10-01 09:00:00.616161+00',
    left_on: '2020-12-31',
  }),
];

const cards: readonly FixedRow[] = [
  card('anna', 1, 4170417, 'Anna Bērziņa', 3, 385, '2014-03-20'),
  card('namesake', 2, 5280528, 'Anna Bērziņa', 1, 12, '2016-02-02'),
  card('janis', 3, 6390639, 'Jānis Bērziņš', 2, 140, '2018-12-12'),
  card('lasitava', 4, 7410741, 'SIA "Lasītava"', 2, 230, '2019-04-01'),
].flat();

function card(
  of: PersonKey,
  customer: number,
  number: number,
  holder: string,
  tier: number,
  points: number,
  issued: string,
): FixedRow[] {
  const key = { card_series: 'AA', card_no: number };
  const issue = { ...key, customer_id: customer, holder_name: holder, tier, points, issued_on: issued };
  const bonus = { ...key, seq: 1, order_id: null, points: 10, reason: 'B', moved_at: `${issued} 10:00:00.000001+00` };
  return [fixed('loyalty_cards', of, issue), fixed('loyalty_movements', of, bonus)];
}

const resets: readonly FixedRow[] = [
  reset('anna', 1, 'anna-reset-b7a1f0c25d', '203.0.113.11', '2026-10-20 05:55:55.123456+00'),
  reset('namesake', 2, 'namesake-reset-55d0e1aa', '203.0.113.22', '2024-06-02 07:19:00.222222+00'),
  reset('janis', 3, 'janis-reset-0f0f9c81', '203.0.113.33', '2025-08-17 20:08:00.333333+00'),
  reset('lasitava', 4, 'lasitava-reset-77be41d2', '203.0.113.44', '2026-09-15 11:09:00.444444+00'),
];

function reset(of: PersonKey, customer: number, hash: string, ip: string, at: string): FixedRow {
  return fixed('password_resets', of, { id: customer, customer_id: customer, token_hash: hash, ip, requested_at: at });
}

/** Customers, contact persons, addresses, loyalty cards and password resets of the fixed people. */
export const ACCOUNT_ROWS: readonly FixedRow[] = [...customers, ...contacts, ...addresses, ...cards, ...resets];
