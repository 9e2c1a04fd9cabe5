import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Plugin, settings } from '@oclif/core';

/**
 * Writes oclif.manifest.json, which spares every call the import of all commands, from the compiled commands.
 * A command that cannot be loaded fails the build. A flag whose default depends on the machine or the user must say
 * `noCacheDefault: true`, else the value of whoever builds is shipped as the default that help shows.
 */
export async function writeManifest(root) {
  settings.enableAutoTranspile = false;
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  const ids = Object.keys(plugin.manifest.commands).sort();
  if (ids.length === 0) throw new Error('no command was found: see "commands" in .oclifrc');
  const commands = Object.fromEntries(ids.map((id) => [id, plugin.manifest.commands[id]]));
  const file = join(root, 'oclif.manifest.json');
  await writeFile(`${file}.partial`, `${JSON.stringify({ ...plugin.manifest, commands }, null, 2)}\n`);
  await rename(`${file}.partial`, file);
}
