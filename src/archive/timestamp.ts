import { createHash, randomBytes } from 'node:crypto';
import { GdprError } from '../foundation/errors.js';
import { Fault } from './fault.js';
import { toArrayBuffer } from './signing-key.js';
import { checkToken, integerHex } from './timestamp-token.js';

const TIMEOUT_MS = 20_000;
/** Tokens are some kilobytes; anything much larger is not one. */
const MAX_RESPONSE_BYTES = 256 * 1024;

/**
 * Asks an RFC 3161 authority over HTTP for a timestamp of SHA-256(data) and checks the answer: its status, nonce,
 * imprint and signature. Whether the authority is trusted is for whoever verifies.
 * @returns the token, DER
 * @throws GdprError INPUT_INVALID for a URL that is not http(s), SERVICE_UNAVAILABLE
 */
export async function requestTimestamp(url: string, data: Uint8Array, timeoutMs = TIMEOUT_MS): Promise<Buffer> {
  const address = httpAddress(url);
  const nonce = randomBytes(16);
  nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 0x40;
  const response = await post(address, await timestampRequest(data, nonce), timeoutMs);
  const token = await tokenOf(response, address.host);
  try {
    const { nonce: answered } = await checkToken(token, data);
    if (answered !== integerHex(nonce)) throw new Fault('its nonce is not the one sent');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw unusable(address.host, error.message, error);
  }
  return token;
}

function httpAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address !== undefined && /^https?:$/.test(address.protocol)) return address;
  throw new GdprError('INPUT_INVALID', "the timestamp authority's address is not an http or https URL");
}

/** RFC 3161 §2.4.1, asking for the authority's certificate inside the token. */
async function timestampRequest(data: Uint8Array, nonce: Buffer): Promise<ArrayBuffer> {
  const { AlgorithmIdentifier, MessageImprint, TimeStampReq } = await import('pkijs');
  const { Integer, Null, OctetString } = await import('asn1js');
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: '2.16.840.1.101.3.4.2.1', algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: toArrayBuffer(createHash('sha256').update(data).digest()) }),
    }),
    nonce: new Integer({ valueHex: toArrayBuffer(nonce) }),
    certReq: true,
  });
  return request.toSchema().toBER(false);
}

async function post(address: URL, body: ArrayBuffer, timeoutMs: number): Promise<Buffer> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw unusable(address.host, `it answers with HTTP status ${response.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_RESPONSE_BYTES) throw unusable(address.host, 'its answer is too large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof GdprError) throw error;
    const late = error instanceof Error && error.name === 'TimeoutError';
    throw unusable(address.host, late ? `no answer within ${timeoutMs / 1000} s` : 'it cannot be reached', error);
  }
}

/** The token's own bytes out of a TimeStampResp that grants one (RFC 3161 §2.4.2). */
async function tokenOf(response: Buffer, host: string): Promise<Buffer> {
  const { fromBER, Integer, Sequence } = await import('asn1js');
  const { result } = fromBER(toArrayBuffer(response));
  const [status, token] = result instanceof Sequence ? result.valueBlock.value : [];
  const code = status instanceof Sequence ? status.valueBlock.value[0] : undefined;
  if (!(code instanceof Integer)) throw unusable(host, 'its answer is not a timestamp response');
  // 0 granted, 1 granted with modifications.
  if (![0, 1].includes(code.valueBlock.valueDec) || token === undefined) {
    throw unusable(host, `it refuses (status ${code.valueBlock.valueDec})`);
  }
  return Buffer.from(token.valueBeforeDecodeView);
}

function unusable(host: string, reason: string, cause?: unknown): GdprError {
  return new GdprError('SERVICE_UNAVAILABLE', `no timestamp from ${host}: ${reason}`, {
    cause,
    hint: 'try again, or name another timestamp authority',
  });
}
