/** What the page that decrypts itself adds to the style sheet of the export page. */
export const SEALED_STYLE = `
[hidden] { display: none !important; }
.sealed { max-width: 40rem; }
.sealed label { display: block; font-weight: 600; }
.sealed input[type="text"] { display: block; width: 100%; margin-top: 0.4rem; padding: 0.7rem 0.4rem; font: clamp(0.9375rem, 4.4vw, 1.25rem)/1.4 var(--mono);
  color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: 0.5rem; }
.sealed input[aria-invalid="true"] { border-color: var(--alarm); box-shadow: inset 0 0 0 1px var(--alarm); }
.under { display: flex; flex-wrap: wrap; gap: 0 1.5rem; justify-content: space-between; margin-top: 0.5rem; }
.under p:first-child { flex: 1 1 18rem; }
.act { display: inline-block; margin-top: 1.25rem; padding: 0.7rem 1.6rem; font: 600 1.0625rem/1.4 var(--text); color: var(--ground); background: var(--accent);
  border: 1px solid var(--accent); border-radius: 0.5rem; text-decoration: none; cursor: pointer; }
.act:hover { text-decoration: underline; }
.act:disabled { opacity: 0.6; cursor: progress; }
.act small { color: inherit; font-weight: 400; }
progress { display: block; width: 100%; height: 0.6rem; margin-top: 0.5rem; accent-color: var(--accent); }
.working { margin-top: 1.25rem; }
.notice { margin-top: 1.25rem; }
.notice p { padding: 0.9rem 1.1rem; background: var(--card); border: 1px solid var(--alarm); border-left-width: 0.35rem; border-radius: 0.5rem; }
.done h2:focus-visible { outline: none; }
.view { display: block; width: 100%; height: calc(100vh - 6rem); height: calc(100svh - 6rem); min-height: 24rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; }
.end details { margin-top: 0.75rem; max-width: 44rem; }
.end summary { cursor: pointer; }
.end details p { margin-top: 0.5rem; }
:root { --alarm: #a3341f; }
@media screen and (prefers-color-scheme: dark) { :root { --alarm: #f0a08c; } }
@media (max-width: 46rem) { .view { width: calc(100% + 2rem); margin-inline: -1rem; border-width: 1px 0; border-radius: 0; } }
`;
