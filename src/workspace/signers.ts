import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { certificateSha256 } from '../archive/certificate.js';
import { certificatesFromPem } from '../archive/signing-key.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readKeyIds } from '../keys/keys.js';
import { findWorkspace, readConfig } from './config.js';

/** Whom to believe when an archive is verified. */
export interface Trust {
  /** SHA-256 of the certificates that may have signed. */
  readonly signers: readonly string[];
  /** Certificates of timestamp authorities, DER. */
  readonly timestampAuthorities: readonly Buffer[];
  /** Where the signers come from: named by the operator, or the workspace in this folder; undefined for nowhere. */
  readonly source: 'named' | { readonly workspace: string } | undefined;
}

/**
 * Trust in what the operator names; what is not named is the own of the workspace at or above `folder`, if any.
 * @throws GdprError INPUT_INVALID, FILE_UNAVAILABLE
 */
export async function trustOf(
  folder: string,
  workspace: string | undefined,
  named: { signers?: readonly string[] | undefined; authorities?: readonly string[] | undefined },
): Promise<Trust> {
  const own =
    named.signers === undefined || named.authorities === undefined
      ? await workspaceTrust(folder, workspace)
      : undefined;
  return {
    signers: named.signers === undefined ? (own?.signers ?? []) : await readSigners(named.signers),
    timestampAuthorities:
      named.authorities === undefined ? (own?.timestampAuthorities ?? []) : await readAuthorities(named.authorities),
    source: named.signers === undefined ? own?.source : 'named',
  };
}

/** The signer and the timestamp authority of a workspace; none outside one, where verifying works as well. */
async function workspaceTrust(folder: string, given: string | undefined): Promise<Trust | undefined> {
  try {
    const { config, paths } = await readConfig(await findWorkspace(folder, given));
    const { ca } = config.timestamp ?? {};
    const seal = config.seal === undefined ? [] : await readSigners([resolve(paths.root, config.seal.certificate)]);
    return {
      signers: [(await readKeyIds(paths.keys)).signing, ...seal.slice(0, 1)],
      timestampAuthorities: ca === undefined ? [] : await readAuthorities([resolve(paths.root, ca)]),
      source: { workspace: paths.root },
    };
  } catch (error) {
    if (
      given === undefined &&
      error instanceof GdprError &&
      (error.code === 'WORKSPACE_NOT_FOUND' || error.code === 'KEY_MISSING')
    )
      return undefined;
    throw error;
  }
}

/** Certificates named by their SHA-256 or by a PEM file. @throws GdprError INPUT_INVALID, FILE_UNAVAILABLE */
async function readSigners(given: readonly string[]): Promise<string[]> {
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
async function readAuthorities(files: readonly string[]): Promise<Buffer[]> {
  const lists = await Promise.all(
    files.map(async (file) => pemCertificates(await asFileError(file, () => readFile(file, 'utf8')), file)),
  );
  return lists.flat();
}

function pemCertificates(text: string, file: string): Buffer[] {
  const certificates = certificatesFromPem(text).map((certificate) => certificate.raw);
  if (certificates.length > 0) return certificates;
  throw new GdprError('INPUT_INVALID', `${file} holds no PEM certificate`, {
    hint: 'it begins with -----BEGIN CERTIFICATE-----',
  });
}
