import type { Measure, Run } from './measure.js';
import type { Shops } from './shops.js';

/** What a job finds ready: shops on a server, and a folder for its files. */
export interface Bench {
  readonly shops: Shops;
  /** An empty folder, removed after the job. */
  readonly folder: string;
  /** URL of the server's maintenance database, and the programs of its release. */
  readonly server: string;
  readonly programs: { readonly pgDump: string; readonly pgbench: string };
  /** A pair of reference files or shops may take long to make. */
  say(text: string): void;
}

/** One job of the program beside what a user would do instead, on the same data. */
export interface Pair {
  readonly ours: Run;
  readonly theirs: Run;
  /** How often the rival's work must be done for the same result, where doing it once is all that one can wait for. */
  readonly theirsTimes?: number;
  /** Whether both have run already. */
  readonly warm?: boolean;
  done?(): Promise<void>;
}

export interface Job {
  /** Short, for tables and charts; a `--jobs` word must be in it. */
  readonly name: string;
  readonly rival: string;
  /** The largest ratio, ours ÷ theirs, with which the job is as fast as it should be. */
  readonly goal: number;
  /** The smallest size for which the goal is set; by default every one. */
  readonly goalFrom?: number;
  readonly measure: Measure;
  /** What `sizes` count. */
  readonly unit: 'customers' | 'people' | 'rows' | 'events' | 'entries' | 'MB' | undefined;
  readonly sizes: readonly number[];
  /** Size of a quick run; none where the job or its shop takes too long for one. */
  readonly quick?: number;
  /** Whether a run leaves its shop changed, so that every run needs a pair of its own. */
  readonly once: boolean;
  pair(bench: Bench, size: number): Promise<Pair>;
}
