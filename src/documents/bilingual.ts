import { Html, html, isolated } from './escape.js';
import { pageHead } from './page-head.js';
import type { Language, Text } from './page-model.js';
import { PAGE_STYLE, paperStyle } from './page-style.js';
import { TEXTS } from './texts.js';

/** What a page in both languages is about. */
export interface BilingualHead {
  readonly language: Language;
  readonly title: Text;
  /** The controller's name. */
  readonly controller: string;
  /** Stands in the foot of every printed sheet. */
  readonly operation: string;
}

/** Lines to sign on. */
const SIGNING = '.sign td { height: 14mm; } .sums td:last-child { font-family: var(--mono); font-size: 0.8125em; }';

/** Everything up to the content of a page that shows the chosen language, which needs no script. */
export function bilingualTop({ language, title, controller, operation }: BilingualHead): string {
  const styles = [PAGE_STYLE, paperStyle(controller, operation), SIGNING];
  const radio = (of: Language) =>
    html`<input type="radio" name="language" id="lang-${of}" value="${of}" autocomplete="off"${of === language ? new Html(' checked') : undefined}>
`;
  return html`${pageHead({ language, title: title[language], styles })}
<body id="start">
${radio('lv')}${radio('en')}<header class="bar"><div><span class="owner">${isolated(controller)}</span>
<span class="switch"><label for="lang-lv" lang="lv" class="keep">Latviešu</label><label for="lang-en" lang="en" class="keep">English</label></span></div></header>
<main id="content" tabindex="-1">
`.markup;
}

/** The end of the page. */
export function bilingualBottom({ controller, operation }: BilingualHead): string {
  return html`</main>
<footer class="end"><p>${isolated(controller)} · <span lang="lv">${TEXTS.reference.lv}</span><span lang="en">${TEXTS.reference.en}</span>: <bdi>${operation}</bdi></p></footer>
</body>
</html>
`.markup;
}
