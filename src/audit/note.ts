import { createHash, createPublicKey, verify } from 'node:crypto';
import { GdprError } from '../foundation/errors.js';

/** Who may check a signed note: a name without spaces or plus signs, and a raw Ed25519 public key of 32 bytes. */
export interface VerifierKey {
  readonly name: string;
  readonly publicKey: Buffer;
}

/** What signs checkpoints: `sign` gives the 64 bytes of an Ed25519 signature (RFC 8032) over the data. */
export interface CheckpointKey extends VerifierKey {
  sign(data: Uint8Array): Buffer;
}

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

export interface Note {
  /** The signed text, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const ED25519 = 0x01;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
/** The specification lets a verifier limit a note's size; this one holds far more than 16 signatures of any kind. */
const MAX_NOTE_LENGTH = 1_000_000;
const MAX_SIGNATURES = 100;
/** DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function broken(reason: string): GdprError {
  return new GdprError('VERIFICATION_FAILED', `the signed note is not valid: ${reason}`, {
    hint: 'take the note from another copy, and run: gdpr audit verify',
  });
}

/** Whether every character is allowed in a note: well-formed Unicode, no control characters below U+0020 but newline. */
function isNoteText(text: string): boolean {
  return text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}

function isKeyName(name: string): boolean {
  return /^[^\s+\p{White_Space}]+$/u.test(name) && isNoteText(name);
}

/** Strict standard base64, or undefined: the one text that the bytes print to. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** @throws GdprError KEY_WRONG when the name or the key cannot be those of a verifier */
function checkKey({ name, publicKey }: VerifierKey): void {
  if (isKeyName(name) && publicKey.length === PUBLIC_KEY_BYTES) return;
  throw new GdprError(
    'KEY_WRONG',
    'the checkpoint key must have a name without spaces or plus signs and 32 bytes of public key',
  );
}

/** The key's id: the first four bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key) (C2SP signed-note). */
export function keyId({ name, publicKey }: VerifierKey): Buffer {
  const digest = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([ED25519]))
    .update(publicKey)
    .digest();
  return digest.subarray(0, KEY_ID_BYTES);
}

/**
 * A note over `text` with one Ed25519 signature (C2SP signed-note).
 * @throws GdprError INPUT_INVALID when the text cannot stand in a note, KEY_WRONG when the key is unusable
 */
export function signNote(text: string, key: CheckpointKey): string {
  checkKey(key);
  if (!text.endsWith('\n') || !isNoteText(text)) {
    throw new GdprError('INPUT_INVALID', 'a note must end in a newline and hold no other control characters');
  }
  const signature = key.sign(Buffer.from(text, 'utf8'));
  if (signature.length !== SIGNATURE_BYTES)
    throw new GdprError('KEY_WRONG', 'the checkpoint key does not sign with Ed25519');
  return `${text}\n— ${key.name} ${Buffer.concat([keyId(key), signature]).toString('base64')}\n`;
}

/**
 * Takes a signed note apart without checking any signature.
 * @throws GdprError VERIFICATION_FAILED when it is not in the format of C2SP signed-note
 */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_LENGTH) throw broken('it is too long');
  if (!isNoteText(note)) throw broken('it holds control characters or is not well-formed Unicode');
  const split = note.lastIndexOf('\n\n');
  if (split < 0) throw broken('no empty line stands before the signatures');
  const lines = note.slice(split + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw broken('the signature lines do not end in a newline');
  if (lines.length > MAX_SIGNATURES) throw broken('it has too many signatures');
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [dash, name, encoded, ...rest] = line.split(' ');
  const bytes = fromBase64(encoded ?? '');
  if (dash !== '—' || name === undefined || !isKeyName(name) || bytes === undefined || rest.length > 0) {
    throw broken('a signature line is not a dash, a key name and base64');
  }
  if (bytes.length <= KEY_ID_BYTES) throw broken('a signature is too short');
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/**
 * The text of a note that the key has signed. Signatures of other keys are ignored, as the specification demands; one
 * in this key's name and id that does not verify makes the whole note invalid.
 * @throws GdprError VERIFICATION_FAILED
 */
export function openNote(note: string, verifier: VerifierKey): string {
  checkKey(verifier);
  const { text, signatures } = parseNote(note);
  const id = keyId(verifier);
  const own = signatures.filter((signature) => signature.name === verifier.name && signature.keyId.equals(id));
  if (own.length === 0) throw broken(`it is not signed by the key ${verifier.name}+${id.toString('hex')}`);
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, verifier.publicKey]), format: 'der', type: 'spki' });
  const data = Buffer.from(text, 'utf8');
  if (!own.every(({ signature }) => signature.length === SIGNATURE_BYTES && verify(null, data, key, signature))) {
    throw broken(`the signature of ${verifier.name}+${id.toString('hex')} does not belong to this text`);
  }
  return text;
}

/** `<name>+<key id in hexadecimal>+<base64 of 0x01 and the public key>`, as C2SP tools take it. */
export function encodeVerifierKey(key: VerifierKey): string {
  checkKey(key);
  const material = Buffer.concat([Buffer.from([ED25519]), key.publicKey]);
  return `${key.name}+${keyId(key).toString('hex')}+${material.toString('base64')}`;
}

/** @throws GdprError INPUT_INVALID when the text is not the verifier key of an Ed25519 key */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const material = fromBase64(encoded);
  if (material?.length === 1 + PUBLIC_KEY_BYTES && material[0] === ED25519 && isKeyName(name)) {
    const key = { name, publicKey: material.subarray(1) };
    if (keyId(key).toString('hex') === id) return key;
  }
  throw new GdprError('INPUT_INVALID', 'this is not the verifier key of an Ed25519 key', {
    hint: 'it looks like name+1a2b3c4d+AQ… and is printed on one line',
  });
}
