import chalk from 'chalk';

/** A line of a checklist: a tick or a cross that can be told apart without colour. */
export function checkLine(ok: boolean, title: string, detail?: string): string {
  const mark = ok ? chalk.green('✓') : chalk.red('✗');
  return `${mark} ${title}${detail === undefined || detail === '' ? '' : chalk.dim(ok ? `  ${detail}` : `: ${detail}`)}`;
}
