import { Fault } from './fault.js';
import { type ArchivedFile, MIMETYPE } from './layout.js';
import { MANIFEST } from './namespaces.js';
import { childElements, escapeAttribute, is, parseXml } from './xml.js';

/** META-INF/manifest.xml: the root and every data file with its media type (OpenDocument 1.2 part 3, §4). Unsigned. */
export function manifestXml(files: readonly Pick<ArchivedFile, 'name' | 'mediaType'>[]): string {
  const entry = (path: string, mediaType: string): string =>
    `<manifest:file-entry manifest:full-path="${escapeAttribute(path)}" manifest:media-type="${escapeAttribute(mediaType)}"/>\n`;
  const entries = files.map(({ name, mediaType }) => entry(name, mediaType)).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest xmlns:manifest="${MANIFEST}" manifest:version="1.2">\n${entry('/', MIMETYPE)}${entries}</manifest:manifest>\n`;
}

/**
 * The media types by full path; `/` is the container itself.
 * @throws Fault when it is not such a manifest or names a path twice
 */
export function readManifest(bytes: Uint8Array): Map<string, string> {
  const root = parseXml(bytes);
  if (!is(root, MANIFEST, 'manifest')) throw new Fault('its root is not manifest:manifest');
  const mediaTypes = new Map<string, string>();
  for (const entry of childElements(root)) {
    const path = entry.getAttributeNodeNS(MANIFEST, 'full-path')?.value;
    const mediaType = entry.getAttributeNodeNS(MANIFEST, 'media-type')?.value;
    if (
      !is(entry, MANIFEST, 'file-entry') ||
      path === undefined ||
      mediaType === undefined ||
      childElements(entry).length > 0
    ) {
      throw new Fault('it holds something else than file entries');
    }
    if (mediaTypes.has(path)) throw new Fault('it names a file twice');
    mediaTypes.set(path, mediaType);
  }
  return mediaTypes;
}
