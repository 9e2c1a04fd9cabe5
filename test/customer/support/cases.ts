/**
 * Rows in which every statement of the bookshop's map tells: what the fixed people alone leave empty, or hold in two
 * ways at once. `26666666` is nobody's phone in the shop, `Cits Cilvēks` nobody's name.
 */
export const CASES: readonly string[] = [
  "UPDATE shop.addresses SET instructions = 'Zvanīt kaimiņam 26666666' WHERE id = 5",
  `INSERT INTO shop.loyalty_cards (card_series, card_no, customer_id, holder_name, issued_on)
   VALUES ('ZZ', 950001, 1, 'Cits Cilvēks', '2024-01-01')`,
  // A guest's order that Ilze passed on: she is its contact, and its buyer is somebody else.
  `INSERT INTO shop.orders (id, order_number, contact_person_id, guest_email, guest_name, guest_phone, status, placed_at, paid_at,
     disputed_at, dispute_reason, goods_total, customer_note, client_ip)
   VALUES (950001, 'RB-2024-950001', 1, 'svess@svess.example', 'Cits Cilvēks', '26666666', 'disputed', '2024-01-01 10:00:00+02',
     '2024-01-02 10:00:00+02', '2024-01-03 10:00:00+02', 'Nav saņemts', 10, 'Steidzami', '203.0.113.99')`,
  `UPDATE shop.orders SET disputed_at = '2014-04-01 10:00:00+03', dispute_reason = 'Liecinieks: 26666666' WHERE id = 1`,
  "UPDATE shop.orders SET customer_note = 'Saņems māsa, 26666666' WHERE id = 4",
  "UPDATE shop.invoices SET buyer_name = 'Cits Cilvēks' WHERE id = 1",
  `INSERT INTO shop.refunds (id, payment_id, amount, reason, explanation, account_holder, requested_at, handled_by)
   VALUES (950001, 1, 1, 4, 'Zvanīja 26666666', 'Cits Cilvēks', '2014-04-01 10:00:00+03', 'Rita Ābola')`,
  // A present from Anna to her namesake, whose number is not the order's, at a parcel machine.
  `INSERT INTO shop.gift_recipients (id, order_id, name, phone, email, street, city, postcode, message, created_at)
   VALUES (950001, 4, 'Anna Bērziņa', '21987654', 'anna.berzina2@pasts.example', 'Rožu gatve 88', 'Liepāja', 'LV-3401',
     'Piezvani 26666666', '2026-10-05 15:00:00+03')`,
  `INSERT INTO shop.shipments (id, order_id, gift_recipient_id, carrier, parcel_machine_id, recipient_name, recipient_phone, status)
   VALUES (950001, 4, 950001, 'omniva', 1, 'Anna Bērziņa', '21987654', 10)`,
  "UPDATE shop.shipments SET recipient_name = 'Cits Cilvēks' WHERE id = 1",
  `INSERT INTO shop.page_views (viewed_at, session_id, customer_id, path, search_terms)
   VALUES ('2026-10-29 19:07:00+02', 1, 1, '/mekle', 'kam pieder 26666666')`,
  "UPDATE shop.carts SET email = 'anna.berzina@pasts.example' WHERE id = 3",
  "UPDATE shop.cart_items SET gift_text = 'Zvani 26666666' WHERE cart_id = 1",
  "UPDATE shop.reviews SET body = 'Pārdodu savu, 26666666' WHERE id = 1",
  `INSERT INTO shop.wishlists (id, customer_id, title, created_at) VALUES (950001, 1, 'Saraksts māsai 26666666', now())`,
  `INSERT INTO shop.wishlist_items (wishlist_id, book_id, note, added_at) VALUES (950001, 1, 'Jautāt 26666666', now())`,
  // Written while logged in, from an address that is not the account's; and from hers under another name.
  `INSERT INTO shop.support_tickets (id, customer_id, email, name, subject, opened_at)
   VALUES (950001, 1, 'darbs@svess.example', 'Anna Bērziņa', 'No darba', now()),
          (950002, NULL, 'anna.berzina@pasts.example', 'Cits Cilvēks', 'Zvanīt 26666666', now())`,
  `INSERT INTO shop.support_messages (id, ticket_id, author, body, sent_at) VALUES (950001, 950001, 'customer', 'Labdien!', now())`,
  `INSERT INTO shop.notes (id, subject_type, subject_id, body, written_by, written_at)
   VALUES (950001, 'ticket', 950001, 'Raksta no darba', 'Rita Ābola', now()),
          (950002, 'order', 950001, 'Steidzams', 'Rita Ābola', now()),
          (950003, 'order', 4, 'Pūce ielikta', 'Rita Ābola', now()),
          (950004, 'customer', 1, 'Zvanīja no 26666666', 'Rita Ābola', now())`,
  `INSERT INTO shop.event_log (id, event, occurred_at, payload) VALUES (950001, 'order.changed', now(), '{
     "customer": {"id": 3, "email": "janis.berzins@pasts.example"},
     "recipient": {"email": "anna.berzina@pasts.example"},
     "changes": [{"field": "street", "old": "Vecā iela 1", "new": "Jaunā iela 2"}]}')`,
  `INSERT INTO shop."Import Log 2019" ("Row No", "Imported At", "customerId", "Document")
   VALUES (950001, '2019-01-14 03:00:00+00', 1, '{"E-pasts": null, "Nezināms": "aprakstā nav"}')`,
];
