import { Html, html, isolated } from '../documents/escape.js';
import { both, t } from '../documents/markup.js';
import { pageHead } from '../documents/page-head.js';
import type { Language } from '../documents/page-model.js';
import { PAGE_SCRIPT } from '../documents/page-script.js';
import { PAGE_STYLE } from '../documents/page-style.js';
import { UNSEAL_SCRIPT } from './page-script.js';
import { SEALED_STYLE } from './page-style.js';
import { COUNT_NOTICE, NOTICES, TEXTS } from './page-texts.js';

/** Each of these and its content is a line of its own, by which the file is read without a browser. */
export const ENVELOPE_OPEN = '<script type="application/json" id="envelope" data-mac="';
export const ENVELOPE_CLOSE = '</script>';
export const CHUNK_OPEN = '<script type="application/octet-stream" class="chunk">';
export const CHUNK_CLOSE = '</script>';

export interface PageFacts {
  /** What the page shows first; it holds both. */
  readonly language: Language;
  /** Who sends it; the one thing that the page says in clear text. */
  readonly controllerName: string;
  /** Whether the archive's index.html may be shown. */
  readonly page: boolean;
  /** The style sheets of that index.html, which a frame may use only when this page's policy names them too. */
  readonly styles: readonly string[];
}

/** Everything before the envelope and the chunks. */
export function pageTop(facts: PageFacts): string {
  return html`${head(facts)}
<body id="start">
<a class="skip" href="#content"><span class="keep" lang="lv">${TEXTS.skip.lv}</span> · <span class="keep" lang="en">${TEXTS.skip.en}</span></a>
${radio('lv', facts)}${radio('en', facts)}${bar(facts)}
<main id="content" tabindex="-1">
${hero(facts)}
${DONE}
</main>
<footer class="end"><p>${isolated(facts.controllerName)}</p>
<details><summary>${t(TEXTS.experts)}</summary><p>${t(TEXTS.method)} <code>gdpr archive open</code>.</p><p id="digest-line" hidden>${t(TEXTS.digest)} <code id="digest"></code></p></details></footer>
${templates()}
<script>${new Html(PAGE_SCRIPT)}</script>
<script>${new Html(UNSEAL_SCRIPT)}</script>
`.markup;
}

/** Everything after the chunks; the last element shows the script that nothing was cut off. */
export function pageBottom(): string {
  return '<i id="whole" hidden></i>\n</body>\n</html>\n';
}

function head({ language, styles }: PageFacts): Html {
  return pageHead({
    language,
    title: TEXTS.title[language],
    titles: TEXTS.title,
    styles: [PAGE_STYLE, SEALED_STYLE],
    framed: styles,
    scripts: [PAGE_SCRIPT, UNSEAL_SCRIPT],
  });
}

/** The radio buttons stand before everything that they show and hide, so that no script is needed. */
function radio(language: Language, facts: PageFacts): Html {
  const checked = facts.language === language ? new Html(' checked') : undefined;
  return html`<input type="radio" name="language" id="lang-${language}" value="${language}" autocomplete="off"${checked}>
`;
}

function bar({ controllerName }: PageFacts): Html {
  return html`<header class="bar"><div><span class="owner">${isolated(controllerName)}</span>
<span class="switch"><span class="unseen">${t(TEXTS.language)}</span><label for="lang-lv" lang="lv" class="keep">Latviešu</label><label for="lang-en" lang="en" class="keep">English</label></span></div></header>`;
}

function hero({ controllerName }: PageFacts): Html {
  const name = html`<strong>${isolated(controllerName)}</strong>`;
  return html`<div class="hero sealed">
<h1 id="title">${t(TEXTS.title)}</h1>
<p class="lede">${both(html`${name} sūta Jums arhīvu, ko atver ar kodu.`, html`${name} sends you an archive that opens with a code.`)}</p>
<p class="prose">${t(TEXTS.how)}</p>
<noscript><div class="notice"><p>${t(TEXTS.noScript)}</p></div></noscript>
<p class="working" id="loading" hidden>${t(TEXTS.loading)}</p>
<div id="ask" hidden><form id="form" class="working" novalidate>
<label for="code">${t(TEXTS.code)}</label>
<input type="text" id="code" inputmode="numeric" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="hint">
<div class="under"><p class="small" id="hint">${t(TEXTS.hint)}</p><p class="small">${t(TEXTS.typed)} <span id="count"></span></p></div>
<button type="submit" class="act" id="open">${t(TEXTS.open)}</button>
</form></div>
<div class="working" id="working" role="status" hidden><p id="checking">${t(TEXTS.checking)}</p><p id="decrypting" hidden>${t(TEXTS.decrypting)}</p><progress id="bar" aria-labelledby="title"></progress></div>
<div class="notice" id="notice" role="alert"></div>
</div>`;
}

const DONE = html`<section class="done" id="done" aria-labelledby="done-title" hidden><h2 id="done-title" tabindex="-1">${t(TEXTS.opened)}</h2>
<p><a class="act" id="save">${t(TEXTS.save)} <small><span id="size-lv" lang="lv"></span><span id="size-en" lang="en"></span></small></a></p>
<p class="small"><code id="name"></code></p>
<p class="prose">${t(TEXTS.plain)}</p>
<p class="prose small">${t(TEXTS.container)}</p></section>
<section class="done" id="preview" aria-labelledby="preview-title" hidden><h2 id="preview-title">${t(TEXTS.preview)}</h2>
<p class="prose">${t(TEXTS.previewLede)}</p>
<div id="frame"></div></section>`;

function templates(): Html {
  const [lv, en] = [COUNT_NOTICE.lv, COUNT_NOTICE.en];
  const count = both(html`${lv[0]}<b></b>${lv[1]}`, html`${en[0]}<b></b>${en[1]}`);
  const notices: [string, Html][] = [
    ...Object.entries(NOTICES).map(([name, text]): [string, Html] => [name, t(text)]),
    ['count', count],
  ];
  return html`${notices.map(
    ([name, text]) => html`<template id="say-${name}"><p>${text}</p></template>
`,
  )}`;
}
