import { createHash } from 'node:crypto';
import { Html, html } from './escape.js';
import type { Language, Text } from './page-model.js';

export interface PageHead {
  readonly language: Language;
  readonly title: string;
  /** Where the page changes its title with its language. */
  readonly titles?: Text;
  /** Style sheets, which the page holds. */
  readonly styles: readonly string[];
  /** Style sheets of pages that it shows in a frame, which must be allowed here too. */
  readonly framed?: readonly string[];
  /** Scripts that stand in the page's body. */
  readonly scripts?: readonly string[];
  /** Further directives of the policy. */
  readonly directives?: readonly string[];
}

/**
 * Everything before the body of a page that stands alone: nothing is loaded from outside, and only the styles and
 * scripts that it came with may be used (Content Security Policy Level 3, hashes).
 */
export function pageHead({
  language,
  title,
  titles,
  styles,
  framed = [],
  scripts = [],
  directives = [],
}: PageHead): Html {
  const policy = [
    `default-src 'none'`,
    `style-src ${[...styles, ...framed].map(digest).join(' ')}`,
    ...(scripts.length === 0 ? [] : [`script-src ${scripts.map(digest).join(' ')}`]),
    ...directives,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  const both = titles === undefined ? undefined : html` data-title-lv="${titles.lv}" data-title-en="${titles.en}"`;
  return html`<!doctype html>
<html lang="${language}"${both}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${title}</title>
${new Html(styles.map((style) => `<style>${style}</style>`).join('\n'))}
</head>`;
}

function digest(content: string): string {
  return `'sha256-${createHash('sha256').update(content, 'utf8').digest('base64')}'`;
}
