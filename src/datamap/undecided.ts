/** What a draft says where a human has not decided yet; the loader refuses it. */
export const TO_DECIDE = 'to-decide';

/** Every place of a map, as YAML gives it, that still reads `to-decide`. */
export function undecidedPaths(
  value: unknown,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (value === TO_DECIDE) return [path];
  if (Array.isArray(value)) return value.flatMap((item: unknown, i) => undecidedPaths(item, [...path, i]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => undecidedPaths(member, [...path, key]));
}
