import { domainToUnicode } from 'node:url';

/** An address in normal form with its domain as people write it: `xn--rga-8ya.example` is `rīga.example`. */
export function unicodeDomain(form: string): string {
  const at = form.lastIndexOf('@');
  const domain = form.slice(at + 1);
  if (!/(?:^|\.)xn--/.test(domain)) return form;
  const unicode = domainToUnicode(domain);
  return unicode === '' ? form : `${form.slice(0, at + 1)}${unicode}`;
}
