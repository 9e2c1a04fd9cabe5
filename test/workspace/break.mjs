// Makes the program fail in the middle of an export, with an error that repeats a person's data on several lines.
import pg from 'pg';

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function broken(...args) {
  const text = typeof args[0] === 'string' ? args[0] : (args[0]?.text ?? '');
  if (/repeatable read/i.test(text))
    throw new TypeError('no anna.berzina@pasts.example\n    at Anna Bērziņa\n+371 21234567');
  return query.apply(this, args);
};
