export const IDENTIFIER_KINDS = ['email', 'phone', 'name', 'personas-kods', 'code'] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];
