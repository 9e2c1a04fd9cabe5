import type { Text } from '../schema.js';
import { TO_DECIDE } from '../undecided.js';

/** Titles that columns of these names have in any shop; the words of the name, joined by spaces. */
const COLUMN_TITLES: Readonly<Record<string, Text>> = {
  id: { lv: 'Ieraksta numurs', en: 'Record number' },
  email: { lv: 'E-pasts', en: 'E-mail' },
  phone: { lv: 'Tālrunis', en: 'Phone' },
  telephone: { lv: 'Tālrunis', en: 'Phone' },
  mobile: { lv: 'Mobilais tālrunis', en: 'Mobile' },
  landline: { lv: 'Fiksētais tālrunis', en: 'Landline' },
  'first name': { lv: 'Vārds', en: 'First name' },
  'last name': { lv: 'Uzvārds', en: 'Surname' },
  surname: { lv: 'Uzvārds', en: 'Surname' },
  'full name': { lv: 'Vārds un uzvārds', en: 'Full name' },
  'display name': { lv: 'Rādāmais vārds', en: 'Displayed name' },
  'company name': { lv: 'Uzņēmuma nosaukums', en: 'Company name' },
  'registration number': { lv: 'Reģistrācijas numurs', en: 'Registration number' },
  'vat number': { lv: 'PVN maksātāja numurs', en: 'VAT number' },
  'personas kods': { lv: 'Personas kods', en: 'Personal code' },
  'birth date': { lv: 'Dzimšanas datums', en: 'Date of birth' },
  'date of birth': { lv: 'Dzimšanas datums', en: 'Date of birth' },
  gender: { lv: 'Dzimums', en: 'Gender' },
  language: { lv: 'Valoda', en: 'Language' },
  password: { lv: 'Parole', en: 'Password' },
  'password hash': { lv: 'Parole (jaucējvērtība)', en: 'Password (hash)' },
  address: { lv: 'Adrese', en: 'Address' },
  street: { lv: 'Iela, māja, dzīvoklis', en: 'Street, house, flat' },
  city: { lv: 'Pilsēta vai pagasts', en: 'City or parish' },
  postcode: { lv: 'Pasta indekss', en: 'Postcode' },
  country: { lv: 'Valsts', en: 'Country' },
  ip: { lv: 'IP adrese', en: 'IP address' },
  'ip address': { lv: 'IP adrese', en: 'IP address' },
  'client ip': { lv: 'IP adrese', en: 'IP address' },
  'user agent': { lv: 'Pārlūkprogramma', en: 'Browser' },
  'order number': { lv: 'Pasūtījuma numurs', en: 'Order number' },
  status: { lv: 'Stāvoklis', en: 'Status' },
  quantity: { lv: 'Daudzums', en: 'Quantity' },
  price: { lv: 'Cena', en: 'Price' },
  'unit price': { lv: 'Cena par vienību', en: 'Unit price' },
  amount: { lv: 'Summa', en: 'Amount' },
  total: { lv: 'Kopā', en: 'Total' },
  vat: { lv: 'PVN', en: 'VAT' },
  currency: { lv: 'Valūta', en: 'Currency' },
  iban: { lv: 'Konta numurs (IBAN)', en: 'Account number (IBAN)' },
  note: { lv: 'Piezīme', en: 'Note' },
  notes: { lv: 'Piezīmes', en: 'Notes' },
  comment: { lv: 'Komentārs', en: 'Comment' },
  message: { lv: 'Teksts', en: 'Text' },
  body: { lv: 'Teksts', en: 'Text' },
  subject: { lv: 'Temats', en: 'Subject' },
  rating: { lv: 'Vērtējums', en: 'Rating' },
  position: { lv: 'Amats', en: 'Position' },
  'created at': { lv: 'Izveidots', en: 'Created' },
  'updated at': { lv: 'Mainīts', en: 'Changed' },
  'deleted at': { lv: 'Dzēsts', en: 'Deleted' },
  'paid at': { lv: 'Apmaksāts', en: 'Paid' },
  'placed at': { lv: 'Pasūtīts', en: 'Ordered' },
  'last login at': { lv: 'Pēdējā pieslēgšanās', en: 'Last login' },
};

const TABLE_TITLES: Readonly<Record<string, Text>> = {
  customer: { lv: 'Klienti', en: 'Customers' },
  client: { lv: 'Klienti', en: 'Clients' },
  user: { lv: 'Lietotāji', en: 'Users' },
  'contact person': { lv: 'Kontaktpersonas', en: 'Contact persons' },
  employee: { lv: 'Darbinieki', en: 'Employees' },
  address: { lv: 'Adreses', en: 'Addresses' },
  order: { lv: 'Pasūtījumi', en: 'Orders' },
  'order line': { lv: 'Pasūtītās preces', en: 'Order lines' },
  'order item': { lv: 'Pasūtītās preces', en: 'Order lines' },
  payment: { lv: 'Maksājumi', en: 'Payments' },
  invoice: { lv: 'Rēķini', en: 'Invoices' },
  refund: { lv: 'Atmaksas', en: 'Refunds' },
  shipment: { lv: 'Sūtījumi', en: 'Shipments' },
  cart: { lv: 'Grozi', en: 'Carts' },
  review: { lv: 'Atsauksmes', en: 'Reviews' },
  session: { lv: 'Apmeklējumi', en: 'Sessions' },
};

/** The words of a name: `customerId`, `customer_id` and `Customer ID` are the same two. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/(?<![a-z0-9])e[^a-z0-9]?(?=mail|past)/g, 'e')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** An English plural's singular; other words stay as they are. */
export function singular(word: string): string {
  if (word === 'people') return 'person';
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(sses|shes|ches|xes)$/.test(word)) return word.slice(0, -2);
  return word.replace(/s$/, '');
}

/** The words of a table's own name, the last one in the singular. */
export function tableWords(table: string): string[] {
  const words = wordsOf(table);
  return words.map((word, i) => (i === words.length - 1 ? singular(word) : word));
}

/** An id of the map: lower-case letters, digits and hyphens, beginning with a letter. */
export function idOf(words: readonly string[]): string {
  const id = words
    .join('-')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/^[^a-z]+/, '');
  return id === '' ? 'person' : id;
}

export function columnTitle(name: string): Text {
  const words = wordsOf(name);
  return COLUMN_TITLES[words.join(' ')] ?? { lv: TO_DECIDE, en: sentence(words) };
}

export function tableTitle(name: string): Text {
  return TABLE_TITLES[tableWords(name).join(' ')] ?? { lv: TO_DECIDE, en: sentence(wordsOf(name)) };
}

export function sentence(words: readonly string[]): string {
  const text = words.join(' ');
  return text === '' ? TO_DECIDE : text[0]?.toUpperCase() + text.slice(1);
}
