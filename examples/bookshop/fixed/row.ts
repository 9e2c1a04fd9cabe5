/** Who a fixed row is about; `namesake` is the other Anna Bērziņa, `lasitava` the company that Ilze orders for. */
export type PersonKey = 'anna' | 'namesake' | 'janis' | 'lasitava' | 'ilze' | 'petr';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A row that every bookshop holds. `of` names everyone whose values it contains, its owner first. */
export interface FixedRow {
  /** Table in the schema `shop`. */
  readonly table: string;
  readonly of: readonly PersonKey[];
  readonly row: Readonly<Record<string, Json>>;
}

export function fixed(table: string, of: PersonKey | readonly PersonKey[], row: Record<string, Json>): FixedRow {
  return { table, of: typeof of === 'string' ? [of] : of, row };
}

/** The same time of day some days later; takes and gives `YYYY-MM-DD hh:mm:ss.ffffff+00`, with its microseconds. */
export function later(instant: string, days: number): string {
  return `${laterDate(instant, days)}${instant.slice(10)}`;
}

/** The date some days after that of an instant, `YYYY-MM-DD`. */
export function laterDate(instant: string, days: number): string {
  const date = new Date(`${instant.slice(0, 10)}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
