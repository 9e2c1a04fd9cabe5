import type { Session } from '../database/session.js';
import type { TableRead } from '../datamap/read.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { RowStore } from '../foundation/row-store.js';
import type { RowSource } from './table-writer.js';

/** Everybody's rows, each table read once, to be taken again person by person. */
export class RowsOfMany {
  /** Table → person → where their rows begin and end. */
  readonly #segments = new Map<string, Map<number, { start: number; end: number }>>();

  private constructor(private readonly store: RowStore) {}

  /**
   * Reads the collected rows in the transaction that collected them: a statement a table, in constant memory.
   * @throws GdprError FILE_UNAVAILABLE, INTERRUPTED
   */
  static async read(
    session: Session,
    reads: readonly TableRead[],
    { temporary, signal }: { readonly temporary: string; readonly signal: AbortSignal },
    onTable: (table: string, done: number) => void,
  ): Promise<RowsOfMany> {
    const rows = new RowsOfMany(await RowStore.create(temporary));
    try {
      for (const [i, read] of reads.entries()) {
        onTable(read.table.name, i);
        await rows.#take(session, read, signal);
      }
      await rows.store.flush();
      return rows;
    } catch (error) {
      await rows.discard();
      throw error;
    }
  }

  async #take(session: Session, { table, sql, values }: TableRead, signal: AbortSignal): Promise<void> {
    const segments = new Map<number, { start: number; end: number }>();
    this.#segments.set(table.name, segments);
    for await (const [person, ...row] of session.stream(sql, values)) {
      assertGoingOn(signal);
      const start = this.store.position;
      await this.store.append(row);
      const segment = segments.get(Number(person));
      if (segment === undefined) segments.set(Number(person), { start, end: this.store.position });
      else segment.end = this.store.position;
    }
  }

  of(person: number): RowSource {
    const { store } = this;
    return ({ table }) => {
      const { start, end } = this.#segments.get(table.name)?.get(person) ?? { start: 0, end: 0 };
      return store.rows(start, end);
    };
  }

  async discard(): Promise<void> {
    await this.store.discard();
  }
}
