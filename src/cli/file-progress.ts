import { stat } from 'node:fs/promises';
import type { Progress } from './progress.js';

/** Shows how much of a file was read; nothing for standard input, whose length nobody knows. */
export async function fileProgress(progress: Progress, file: string): Promise<(bytes: number) => void> {
  const total = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  const kilobytes = (bytes: number) => Math.round(bytes / 1024);
  return (bytes) => {
    if (file !== '-' && total > 0) progress.show('kB', kilobytes(bytes), kilobytes(total));
  };
}
