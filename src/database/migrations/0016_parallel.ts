/** Reading JSON kept in a text column catches errors, which starts a subtransaction; a parallel plan may start none. */
export const sql = `
ALTER FUNCTION gdpr.json_or_null(text) PARALLEL UNSAFE;
`;
