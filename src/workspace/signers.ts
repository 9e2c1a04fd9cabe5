import { readFile } from 'node:fs/promises';
import { certificateSha256 } from '../archive/certificate.js';
import { certificatesFromPem } from '../archive/signing-key.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readKeyIds } from '../keys/keys.js';
import { findWorkspace, readConfig } from './config.js';

/** The certificates that archives of the workspace at or above `folder` are signed with; none outside a workspace. */
export async function workspaceSigners(folder: string, given: string | undefined): Promise<string[]> {
  try {
    const { paths } = await readConfig(await findWorkspace(folder, given));
    return [(await readKeyIds(paths.keys)).signing];
  } catch (error) {
    // Verifying needs no workspace: without one the pinning check fails and says what to do.
    if (given === undefined && error instanceof GdprError && (error.code === 'WORKSPACE_NOT_FOUND' || error.code === 'KEY_MISSING')) return [];
    throw error;
  }
}

/** Certificates named by their SHA-256 or by a PEM file. @throws GdprError INPUT_INVALID, FILE_UNAVAILABLE */
export async function readSigners(given: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    given.map(async (item) => {
      const hex = item.replaceAll(':', '').toLowerCase();
      if (/^[0-9a-f]{64}$/.test(hex)) return [hex];
      const text = await asFileError(item, () => readFile(item, 'utf8'));
      return pemCertificates(text, item).map((certificate) => certificateSha256(certificate));
    }),
  );
  return lists.flat();
}

/** Certificates of timestamp authorities, DER. @throws GdprError INPUT_INVALID, FILE_UNAVAILABLE */
export async function readAuthorities(files: readonly string[]): Promise<Buffer[]> {
  const lists = await Promise.all(files.map(async (file) => pemCertificates(await asFileError(file, () => readFile(file, 'utf8')), file)));
  return lists.flat();
}

function pemCertificates(text: string, file: string): Buffer[] {
  const certificates = certificatesFromPem(text).map((certificate) => certificate.raw);
  if (certificates.length > 0) return certificates;
  throw new GdprError('INPUT_INVALID', `${file} holds no PEM certificate`, { hint: 'it begins with -----BEGIN CERTIFICATE-----' });
}
