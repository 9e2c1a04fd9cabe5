/** What the letter to each erased person needs, when a crash came before it; of several people the log names only who. */
export const sql = `
ALTER TABLE gdpr.tombstone
  ADD COLUMN language text CHECK (language IN ('lv', 'en')),
  ADD COLUMN request  text,
  ADD COLUMN verified text;
COMMENT ON COLUMN gdpr.tombstone.language IS 'Of the letter about what is kept; NULL where another database made that';
COMMENT ON COLUMN gdpr.tombstone.request IS 'The request of the register that it answered';
COMMENT ON COLUMN gdpr.tombstone.verified IS 'How the identity was checked, never with what';
`;
