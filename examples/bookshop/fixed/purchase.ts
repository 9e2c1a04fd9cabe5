import { type FixedRow, fixed, type Json, later, laterDate, type PersonKey } from './row.js';

type Buyer =
  | { readonly customer: number; readonly contact?: number }
  | { readonly email: string; readonly name: string; readonly phone: string };

export interface Purchase {
  /** Also the id of its payment, invoice, shipment, gift recipient and refund. */
  readonly id: number;
  /** The buyer first, then everyone else whom the order itself names. */
  readonly of: readonly PersonKey[];
  readonly buyer: Buyer;
  readonly placed: string;
  readonly status: string;
  readonly note: string | null;
  readonly ip: string;
  readonly lines: readonly (readonly [book: number, quantity: number, cents: number])[];
  /** Printed on the invoice, and the recipient unless the order is a gift. */
  readonly billing: {
    readonly name: string;
    readonly street: string;
    readonly city: string;
    readonly postcode: string;
    readonly registration?: string;
  };
  readonly phone: string;
  readonly payment: Record<string, Json> & { readonly by?: PersonKey };
  readonly carrier: 'omniva' | 'pasts' | 'dpd';
  readonly gift?: {
    readonly of: PersonKey;
    readonly name: string;
    readonly phone: string;
    readonly email: string;
    readonly street: string;
    readonly city: string;
    readonly postcode: string;
    readonly message: string;
  };
  readonly dispute?: { readonly after: number; readonly reason: string };
  readonly refund?: { readonly explanation: string; readonly iban: string; readonly holder: string };
  /** Loyalty card number in the series AA, with the movement's sequence number. */
  readonly loyalty?: readonly [card: number, seq: number];
  readonly channel?: number;
}

const SHIPPING_CENTS = 299;
const VAT_PERCENT = 12;
const PAID = new Set(['packed', 'shipped', 'completed', 'returned', 'disputed']);
const DELIVERED = new Set(['completed', 'returned', 'disputed']);

/** Every row of one order: lines, gift recipient, payment, invoice, refund, shipment and loyalty points. */
export function purchase(order: Purchase): FixedRow[] {
  const { id, of, placed } = order;
  const paid = PAID.has(order.status);
  const delivered = DELIVERED.has(order.status);
  const goods = order.lines.reduce((sum, [, quantity, cents]) => sum + quantity * cents, 0);
  const total = goods + SHIPPING_CENTS;
  const net = Math.round((total * 100) / (100 + VAT_PERCENT));
  const rows = [
    fixed('orders', of, {
      id,
      order_number: `RB-${placed.slice(0, 4)}-${String(id).padStart(6, '0')}`,
      ...buyer(order.buyer),
      status: order.status,
      channel: order.channel ?? 1,
      placed_at: placed,
      paid_at: paid ? later(placed, 1) : null,
      completed_at: delivered ? later(placed, 5) : null,
      disputed_at: order.dispute === undefined ? null : later(placed, order.dispute.after),
      dispute_reason: order.dispute?.reason ?? null,
      goods_total: money(goods),
      shipping_total: money(SHIPPING_CENTS),
      currency: 'EUR',
      customer_note: order.note,
      client_ip: order.ip,
    }),
    ...order.lines.map(([book, quantity, cents], index) =>
      fixed('order_lines', of, {
        order_id: id,
        line_no: index + 1,
        book_id: book,
        quantity,
        unit_price: money(cents),
      }),
    ),
    payment(order, total, paid),
    invoice(order, total, net, paid),
    ...shipment(order, delivered),
  ];
  if (order.refund !== undefined) rows.push(refund(order, order.refund, goods));
  if (order.loyalty !== undefined) {
    const [card_no, seq] = order.loyalty;
    const points = Math.floor(goods / 100);
    const moved = { card_series: 'AA', card_no, seq, order_id: id, points, reason: 'P', moved_at: later(placed, 1) };
    rows.push(fixed('loyalty_movements', of, moved));
  }
  return rows;
}

function buyer(who: Buyer): Record<string, Json> {
  if ('email' in who) {
    return {
      customer_id: null,
      contact_person_id: null,
      guest_email: who.email,
      guest_name: who.name,
      guest_phone: who.phone,
    };
  }
  const nobody = { guest_email: null, guest_name: null, guest_phone: null };
  return { customer_id: who.customer, contact_person_id: who.contact ?? null, ...nobody };
}

function payment({ id, of, placed, payment: { by, ...details } }: Purchase, total: number, paid: boolean): FixedRow {
  return fixed('payments', by === undefined ? of : [...of, by], {
    id,
    order_id: id,
    status: paid ? 2 : 0,
    amount: money(total),
    provider_reference: `PAY-FIXED-${String(id).padStart(4, '0')}`,
    created_at: placed,
    paid_at: paid ? later(placed, 1) : null,
    ...details,
  });
}

function invoice({ id, of, placed, billing }: Purchase, total: number, net: number, paid: boolean): FixedRow {
  return fixed('invoices', of, {
    id,
    number: `R${placed.slice(0, 4)}-${String(id).padStart(6, '0')}`,
    order_id: id,
    issued_on: laterDate(placed, 1),
    due_on: laterDate(placed, 31),
    paid_on: paid ? laterDate(placed, 1) : null,
    buyer_name: billing.name,
    buyer_address: `${billing.street}, ${billing.city}, ${billing.postcode}`,
    buyer_registration: billing.registration ?? null,
    net: money(net),
    vat: money(total - net),
  });
}

function shipment(order: Purchase, delivered: boolean): FixedRow[] {
  const { id, of, placed, gift, billing } = order;
  const to = gift ?? { ...billing, phone: order.phone };
  const sent = delivered || order.status === 'shipped';
  const row = {
    id,
    order_id: id,
    gift_recipient_id: gift === undefined ? null : id,
    carrier: order.carrier,
    parcel_machine_id: order.carrier === 'omniva' ? 1 + (id % 10) : null,
    recipient_name: to.name,
    recipient_phone: to.phone,
    street: order.carrier === 'omniva' ? null : to.street,
    city: order.carrier === 'omniva' ? null : to.city,
    postcode: order.carrier === 'omniva' ? null : to.postcode,
    tracking_number: sent ? `FX${String(id).padStart(9, '0')}LV` : null,
    status: delivered ? 30 : sent ? 20 : 10,
    handed_over_at: sent ? later(placed, 2) : null,
    delivered_at: delivered ? later(placed, 4) : null,
  };
  if (gift === undefined) return [fixed('shipments', of, row)];
  const { of: recipient, ...details } = gift;
  const both = [...of, recipient];
  return [
    fixed('gift_recipients', both, { id, order_id: id, ...details, created_at: placed }),
    fixed('shipments', both, row),
  ];
}

function refund({ id, of, placed }: Purchase, details: NonNullable<Purchase['refund']>, cents: number): FixedRow {
  return fixed('refunds', of, {
    id,
    payment_id: id,
    amount: money(cents),
    reason: 2,
    explanation: details.explanation,
    iban: details.iban,
    account_holder: details.holder,
    requested_at: later(placed, 7),
    paid_on: laterDate(placed, 10),
    handled_by: 'Rita Ābola',
  });
}

function money(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
