import { colour } from './colour.js';

/** A line of a checklist: a tick or a cross that can be told apart without colour. */
export function checkLine(ok: boolean, title: string, detail?: string): string {
  const mark = ok ? colour.stdout.green('✓') : colour.stdout.red('✗');
  return `${mark} ${title}${detail === undefined || detail === '' ? '' : colour.stdout.dim(ok ? `  ${detail}` : `: ${detail}`)}`;
}
