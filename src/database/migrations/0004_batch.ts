/** Operations that were started together, from one list of people. */
export const sql = `
ALTER TABLE gdpr.operation ADD COLUMN batch text CHECK (batch ~ '^[A-Za-z0-9_-]{43}$');
CREATE INDEX operation_batch ON gdpr.operation (batch) WHERE batch IS NOT NULL;
COMMENT ON COLUMN gdpr.operation.batch IS 'Keyed code of the list of people that it is a part of, so that the same list is not done twice';
`;
