/**
 * The page's only script. Choosing a language needs none (radio buttons and the style sheet do it); this keeps the
 * document's language and title in step, for screen readers and the window's name. It stores nothing.
 */
export const PAGE_SCRIPT = `(() => {
  const root = document.documentElement;
  const follow = () => {
    const chosen = document.querySelector('input[name="language"]:checked');
    if (chosen === null) return;
    root.lang = chosen.value;
    document.title = root.getAttribute('data-title-' + chosen.value);
  };
  document.addEventListener('change', follow);
  window.addEventListener('pageshow', follow);
  follow();
})();`;
