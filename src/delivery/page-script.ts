import { HEADER_INFO, PAYLOAD_INFO } from './sealed-format.js';

/** An index.html larger than this is not shown inside the page: a phone would struggle with it. */
export const LARGEST_PREVIEW = 16 * 1024 * 1024;

/**
 * Decrypts the page's archive in the browser: the counterpart of sealed-format.ts, in WebCrypto. It shows nothing and
 * offers nothing before the last chunk is authenticated. The archive's own page is put into a frame without any right
 * (sandbox): scripts are taken out besides, links inside the page are kept, links that lead out are turned into text.
 */
export const UNSEAL_SCRIPT = `(() => {
  const find = (id) => document.getElementById(id);
  const utf8 = new TextEncoder();
  const DAMAGED = new Error('damaged');
  const WRONG = new Error('wrong');
  const chunks = document.getElementsByClassName('chunk');

  const digitsIn = (text) => text.normalize('NFKC').replace(/[^0-9]/g, '');

  const fromBase64 = (text) => {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };

  const tell = (name, count) => {
    const text = find('say-' + name).content.cloneNode(true);
    for (const place of text.querySelectorAll('b')) place.textContent = count;
    find('notice').replaceChildren(text);
  };

  const work = (step, done, total) => {
    find('working').hidden = step === undefined;
    find('checking').hidden = step !== 'checking';
    find('decrypting').hidden = step !== 'decrypting';
    const bar = find('bar');
    if (total === undefined) bar.removeAttribute('value');
    else { bar.max = total; bar.value = done; }
  };

  const keysFor = async (digits, header) => {
    const { subtle } = crypto;
    const typed = await subtle.importKey('raw', utf8.encode(digits), 'PBKDF2', false, ['deriveBits']);
    const slow = { name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64(header.salt), iterations: header.iterations };
    const root = await subtle.importKey('raw', await subtle.deriveBits(slow, typed, 256), 'HKDF', false, ['deriveKey']);
    const derive = (info, algorithm, use) =>
      subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8.encode(info) }, root, algorithm, false, [use]);
    return {
      header: await derive('${HEADER_INFO}', { name: 'HMAC', hash: 'SHA-256', length: 256 }, 'verify'),
      payload: await derive('${PAYLOAD_INFO}', { name: 'AES-GCM', length: 256 }, 'decrypt'),
    };
  };

  const chunkAt = async (key, index) => {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(7, index);
    nonce[11] = index === chunks.length - 1 ? 1 : 0;
    try {
      return await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce, tagLength: 128 }, key, fromBase64(chunks[index].textContent));
    } catch (error) {
      throw error instanceof RangeError ? error : DAMAGED;
    }
  };

  const unseal = async (digits) => {
    work('checking');
    const envelope = find('envelope');
    const keys = await keysFor(digits, JSON.parse(envelope.textContent));
    const mac = fromBase64(envelope.dataset.mac);
    if (!(await crypto.subtle.verify('HMAC', keys.header, mac, utf8.encode(envelope.textContent)))) throw WRONG;
    const about = JSON.parse(new TextDecoder().decode(await chunkAt(keys.payload, 0)));
    const parts = [];
    let shown = 0;
    for (let index = 1; index < chunks.length; index += 1) {
      // Without a pause now and then the browser paints nothing before the end.
      if (performance.now() - shown > 100) {
        work('decrypting', index, chunks.length);
        await new Promise((resume) => setTimeout(resume, 20));
        shown = performance.now();
      }
      parts.push(new Blob([await chunkAt(keys.payload, index)]));
    }
    const archive = new Blob(parts, { type: 'application/vnd.etsi.asic-e+zip' });
    if (archive.size !== about.bytes) throw DAMAGED;
    return { about, archive };
  };

  const view = async (blob, start, end) => new DataView(await blob.slice(start, end).arrayBuffer());

  /** The text of index.html in the ZIP, by its directory; undefined when there is none to be shown. */
  const pageIn = async (zip) => {
    const end = await view(zip, zip.size - 22, zip.size);
    if (end.getUint32(0, true) !== 0x06054b50) return undefined;
    const offset = end.getUint32(16, true);
    const directory = await view(zip, offset, offset + end.getUint32(12, true));
    for (let at = 0; at + 46 <= directory.byteLength; ) {
      const length = directory.getUint16(at + 28, true);
      const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, length));
      if (name === 'index.html') {
        if (directory.getUint32(at + 24, true) > ${LARGEST_PREVIEW}) return undefined;
        const local = directory.getUint32(at + 42, true);
        const head = await view(zip, local, local + 30);
        const start = local + 30 + head.getUint16(26, true) + head.getUint16(28, true);
        const packed = zip.slice(start, start + directory.getUint32(at + 20, true));
        if (directory.getUint16(at + 10, true) === 0) return packed.text();
        return new Response(packed.stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
      }
      at += 46 + length + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    }
    return undefined;
  };

  /** In a srcdoc document "#x" would lead to this page, "about:srcdoc#x" stays inside. */
  const inFrame = (page) =>
    page
      .replace(/<script\\b[\\s\\S]*?<\\/script>/g, '')
      .replace(/(<a\\b[^>]*?) href="(#?)([^"]*)"/g, (_tag, start, inside, rest) => (inside === '' ? start : start + ' href="about:srcdoc#' + rest + '"'));

  const preview = async (archive) => {
    const page = await pageIn(archive);
    if (page === undefined) return;
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', '');
    frame.className = 'view';
    frame.title = find('preview-title').textContent;
    frame.srcdoc = inFrame(page);
    find('frame').replaceChildren(frame);
    find('preview').hidden = false;
  };

  const show = async ({ about, archive }) => {
    const [size, unit] = about.bytes < 1e6 ? [about.bytes / 1e3, 'kB'] : [about.bytes / 1e6, 'MB'];
    for (const language of ['lv', 'en']) {
      find('size-' + language).textContent = '(' + size.toLocaleString(language, { maximumFractionDigits: 1 }) + '\\u00a0' + unit + ')';
    }
    const save = find('save');
    save.href = URL.createObjectURL(archive);
    save.download = about.name;
    find('name').textContent = about.name;
    find('digest').textContent = about.sha256;
    find('digest-line').hidden = false;
    find('ask').hidden = true;
    find('done').hidden = false;
    find('done-title').focus();
    if (about.page) await preview(archive).catch(() => {});
  };

  const submit = async (event) => {
    event.preventDefault();
    const [field, button] = [find('code'), find('open')];
    if (button.disabled) return;
    const digits = digitsIn(field.value);
    find('notice').replaceChildren();
    field.removeAttribute('aria-invalid');
    const again = (name) => {
      tell(name, digits.length);
      field.setAttribute('aria-invalid', 'true');
      field.focus();
      field.select();
    };
    if (digits.length !== 24) return again('count');
    button.disabled = true;
    try {
      const opened = await unseal(digits);
      field.value = '';
      work();
      await show(opened);
    } catch (error) {
      work();
      button.disabled = false;
      if (error === WRONG) return again('wrong');
      tell(error === DAMAGED ? 'damaged' : 'failed');
      if (error === DAMAGED) find('ask').hidden = true;
    }
  };

  const count = () => {
    find('count').textContent = digitsIn(find('code').value).length + ' / 24';
  };

  const start = () => {
    find('loading').hidden = true;
    const envelope = find('envelope');
    if (typeof crypto !== 'object' || crypto.subtle === undefined) return tell('unsupported');
    if (envelope === null || find('whole') === null || chunks.length !== JSON.parse(envelope.textContent).chunks) return tell('incomplete');
    count();
    find('ask').hidden = false;
    find('form').addEventListener('submit', submit);
    find('code').addEventListener('input', count);
  };

  find('loading').hidden = false;
  document.addEventListener('DOMContentLoaded', start);
})();`;
