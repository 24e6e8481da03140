/** Tokens that must not be believed. Each is right in everything but one thing, and signed with the archive's own key. */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeToken } from '../../src/access/tokens.js';
import { revokeLicence, suspendLicence } from '../../src/governance/licences.js';
import { AccessBench, base64url, type DecodedToken, decode, NOON_MS, signParts, signToken } from './access-bench.js';

const NOON = NOON_MS / 1_000;
const DAY = 86_400;

let archive: AccessBench;
let otherArchive: AccessBench;
let privateKey: KeyObject;
let reference: string;
let siteToken: string;
let licenceToken: string;
let curatorToken: string;

beforeAll(async () => {
  [archive, otherArchive] = await Promise.all([AccessBench.open(), AccessBench.open()]);
  privateKey = await archive.privateKey();
  await archive.addSite('Northwick');
  await archive.addSite('Southwick');
  reference = await archive.addLicence();
  siteToken = (await archive.issue({ kind: 'site', site: 'Northwick' })).token;
  licenceToken = (await archive.issue({ kind: 'licence', reference, person: 'ada@example.org' })).token;
  curatorToken = (await archive.issue({ kind: 'curator' })).token;
});

afterAll(() => Promise.all([archive.close(), otherArchive.close()]));

/** The licence token with other header parameters or claims, properly signed. A value of undefined leaves one out. */
const withHeader = (changes: Record<string, unknown>) => (): string => forged(licenceToken, { header: changes });
const withClaims = (changes: Record<string, unknown>) => (): string => forged(licenceToken, { payload: changes });

function forged(token: string, changes: Partial<DecodedToken>): string {
  const { header, payload } = decode(token);
  return signToken(
    { header: { ...header, ...changes.header }, payload: { ...payload, ...changes.payload } },
    privateKey,
  );
}

const partsOf = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};

const payloadText = (): string => JSON.stringify(decode(licenceToken).payload);
const headerText = (): string => JSON.stringify(decode(licenceToken).header);

/** The public key as everybody can have it from the JWK Set, used as if it were a shared secret. */
async function hmacWithPublicKey(): Promise<string> {
  const { header, payload } = decode(licenceToken);
  const [jwk] = (await archive.keys.jwks()).keys;
  const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const signed = `${base64url(JSON.stringify({ ...header, alg: 'HS256' }))}.${base64url(JSON.stringify(payload))}`;
  return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
}

function unsigned(alg: string): string {
  const { header, payload } = decode(licenceToken);
  return `${base64url(JSON.stringify({ ...header, alg }))}.${base64url(JSON.stringify(payload))}.`;
}

function withFlippedBit(partIndex: 0 | 1 | 2): string {
  const parts = partsOf(licenceToken);
  const bytes = Buffer.from(parts[partIndex], 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 2) ^ 1, bytes.length - 2);
  parts[partIndex] = base64url(bytes);
  return parts.join('.');
}

const FORM = 'The token is not well-formed.';
const PARAMETER = 'The token header has a parameter that this archive does not use.';
const ALGORITHM = 'The token is not signed with ES256.';
const TYPE = 'The token is not an access token of type at+jwt.';
const KEY = 'The token names no key of this archive.';
const SIGNATURE = 'The signature of the token is not good.';
const SIGNATURE_FORM = 'The token signature is not well-formed.';
const ISSUER = 'The token was not issued by this archive.';
const AUDIENCE = 'The token is not meant for this archive.';
const ID = 'The token has no id of its own.';
const SUBJECT = 'The token names no subject.';
const EXPIRY = 'The token does not say when it expires.';
const ISSUED = 'The token does not say when it was issued.';
const LIFETIME = 'The token has a lifetime that this archive does not give.';
const LICENCE = 'The token names no single licence.';
const SITE = 'The token names no single site.';
const SCOPE = 'The scope of the token does not fit its holder.';
const HOLDER = 'The token is registered for another holder.';
const UNKNOWN_CLAIM = 'The token makes a claim that this archive does not know.';

type Case = readonly [name: string, reason: string, token: () => string | Promise<string>];

const BAD_TOKENS: readonly Case[] = [
  ['T2: alg none, without signature', ALGORITHM, () => unsigned('none')],
  ['T2: alg None', ALGORITHM, () => unsigned('None')],
  ['T2: alg nOnE', ALGORITHM, () => unsigned('nOnE')],
  ['T2: alg none over a good signature', ALGORITHM, withHeader({ alg: 'none' })],
  ['T2: an empty signature', 'The token is not signed.', () => unsigned('ES256')],
  ['T2: no alg', ALGORITHM, withHeader({ alg: undefined })],
  ['T2: a list of algs', ALGORITHM, withHeader({ alg: ['ES256'] })],
  ['T3: HS256 with the public key as its secret', ALGORITHM, hmacWithPublicKey],
  ['T3: RS256 with a key of its own', ALGORITHM, signedWithRSA],
  ['T3: ES256 in lower case', ALGORITHM, withHeader({ alg: 'es256' })],
  ['T4: kid is a path to another file', KEY, withHeader({ kid: '../../../../dev/null' })],
  ['T4: kid is the path to a key', KEY, () => withHeader({ kid: `./${archive.keys.signingKey().kid}` })()],
  ['T4: kid is SQL', KEY, withHeader({ kid: "' OR 1=1 --" })],
  ['T4: kid of a key that is not there', KEY, withHeader({ kid: '0123abcd-0001' })],
  ['T4: kid is an array', KEY, () => withHeader({ kid: [archive.keys.signingKey().kid] })()],
  ['T4: kid is a number', KEY, withHeader({ kid: 1 })],
  ['T4: kid is empty', KEY, withHeader({ kid: '' })],
  ['T4: kid is __proto__', KEY, withHeader({ kid: '__proto__' })],
  ['T4: no kid', KEY, withHeader({ kid: undefined })],
  ['T4: a key in the header (jwk)', PARAMETER, withHeader({ jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } })],
  ['T4: the URL of a key set (jku)', PARAMETER, withHeader({ jku: 'http://127.0.0.1:9/jwks.json' })],
  ['T4: the URL of a certificate (x5u)', PARAMETER, withHeader({ x5u: 'http://127.0.0.1:9/cert.pem' })],
  ['T4: a certificate in the header (x5c)', PARAMETER, withHeader({ x5c: ['AA=='] })],
  ['crit of an extension nobody knows', PARAMETER, withHeader({ crit: ['exp'] })],
  ['b64 false', PARAMETER, withHeader({ b64: false })],
  ['zip', PARAMETER, withHeader({ zip: 'DEF' })],
  ['T7: typ JWT, as an ID token', TYPE, withHeader({ typ: 'JWT' })],
  ['T7: typ in another case', TYPE, withHeader({ typ: 'AT+JWT' })],
  ['T7: no typ', TYPE, withHeader({ typ: undefined })],
  [
    'T7: a licence token that claims the scope of a site',
    SCOPE,
    withClaims({ scope: 'dicomweb.store dicomweb.search' }),
  ],
  ['T7: a licence token that claims more', SCOPE, withClaims({ scope: 'dicomweb.search dicomweb.retrieve curate' })],
  ['T7: no scope', SCOPE, withClaims({ scope: undefined })],
  ['T7: scope is an array', SCOPE, withClaims({ scope: ['dicomweb.search', 'dicomweb.retrieve'] })],
  ['T7: a licence token made into a site token', HOLDER, () => asSiteToken(licenceToken)],
  ['T7: a licence token made into a curator token', HOLDER, () => asCuratorToken(licenceToken)],
  ['T7: a site token made into a curator token', HOLDER, () => asCuratorToken(siteToken)],
  ['T5: no exp', EXPIRY, withClaims({ exp: undefined })],
  ['T5: exp 1e300', EXPIRY, withClaims({ exp: 1e300 })],
  ['T5: exp 1e400, which reads as infinite', FORM, () => signParts(headerText(), withRawExp('1e400'), privateKey)],
  ['T5: exp is a string', EXPIRY, withClaims({ exp: String(NOON + 600) })],
  ['T5: exp has a fraction', EXPIRY, withClaims({ exp: NOON + 600.5 })],
  ['T5: exp is negative', EXPIRY, withClaims({ exp: -1 })],
  ['T5: exp is null', EXPIRY, withClaims({ exp: null })],
  ['T5: exp is past', 'The token has expired.', withClaims({ iat: NOON - 7_200, exp: NOON - 3_600 })],
  ['T5: exp before iat', LIFETIME, withClaims({ iat: NOON, exp: NOON - 1 })],
  ['T5: exp is iat', LIFETIME, withClaims({ iat: NOON, exp: NOON })],
  ['T5: a lifetime over 366 days', LIFETIME, withClaims({ iat: NOON, exp: NOON + 366 * DAY + 1 })],
  ['T5: no iat', ISSUED, withClaims({ iat: undefined })],
  ['T5: iat is a string', ISSUED, withClaims({ iat: String(NOON) })],
  ['T5: iat is negative', ISSUED, withClaims({ iat: -5 })],
  ['T5: iat in the future', 'The token was issued in the future.', withClaims({ iat: NOON + 61, exp: NOON + 600 })],
  ['T5: nbf in the future', 'The token is not valid yet.', withClaims({ nbf: NOON + 61 })],
  ['T5: nbf is a string', 'The token does not say well when it begins.', withClaims({ nbf: String(NOON) })],
  ['T5: nbf is null', 'The token does not say well when it begins.', withClaims({ nbf: null })],
  ['T6: another aud', AUDIENCE, withClaims({ aud: 'https://example.org' })],
  ['T6: no aud', AUDIENCE, withClaims({ aud: undefined })],
  [
    'T6: aud is a list with another',
    AUDIENCE,
    () => withClaims({ aud: [archive.keys.audience, 'https://example.org'] })(),
  ],
  ['T6: aud is an empty list', AUDIENCE, withClaims({ aud: [] })],
  ['T6: aud is the issuer', AUDIENCE, () => withClaims({ aud: archive.keys.issuer })()],
  ['T6: another iss', ISSUER, withClaims({ iss: 'https://example.org' })],
  ['T6: no iss', ISSUER, withClaims({ iss: undefined })],
  ['T6: iss is a list', ISSUER, () => withClaims({ iss: [archive.keys.issuer] })()],
  ['T6: the token of another archive', KEY, tokenOfOtherArchive],
  ['T6: the token of another archive under the name of our key', SIGNATURE, tokenOfOtherArchiveUnderOurKid],
  ['no jti', ID, withClaims({ jti: undefined })],
  ['jti is SQL', ID, withClaims({ jti: "x' OR '1'='1" })],
  [
    'jti was never registered',
    'The token is not registered in this archive.',
    () => withClaims({ jti: randomUUID() })(),
  ],
  ['no sub', SUBJECT, withClaims({ sub: undefined })],
  ['sub is empty', SUBJECT, withClaims({ sub: '' })],
  ['sub of another person', HOLDER, withClaims({ sub: 'eve@example.org' })],
  ['T11: licence is empty', LICENCE, withClaims({ lic: '' })],
  ['T11: licence is null', LICENCE, withClaims({ lic: null })],
  ['T11: licence is *', LICENCE, withClaims({ lic: '*' })],
  ['T11: licence is a list', LICENCE, () => withClaims({ lic: [reference] })()],
  ['T11: licence with a wildcard', LICENCE, withClaims({ lic: 'NCCID-%-v1.0' })],
  ['T11: another licence', HOLDER, withClaims({ lic: 'NCCID-00002-v1.0' })],
  ['T11: site is *', HOLDER, () => forged(siteToken, { payload: { site: '*' } })],
  ['T11: site is empty', SITE, () => forged(siteToken, { payload: { site: '' } })],
  ['T11: site is null', SITE, () => forged(siteToken, { payload: { site: null } })],
  ['T11: another site', HOLDER, () => forged(siteToken, { payload: { site: 'Southwick', sub: 'Southwick' } })],
  ['both a site and a licence', 'The token names both a site and a licence.', withClaims({ site: 'Northwick' })],
  ['neither site nor licence', SCOPE, withClaims({ lic: undefined })],
  ['a curator token with a licence', SCOPE, () => forged(curatorToken, { payload: { lic: reference } })],
  ['a curator token with another subject', HOLDER, () => forged(curatorToken, { payload: { sub: 'root' } })],
  ['a claim nobody knows', UNKNOWN_CLAIM, withClaims({ cnf: { jkt: 'x' } })],
  ['a claim named __proto__', UNKNOWN_CLAIM, () => signParts(headerText(), withRawClaim('"__proto__":{}'), privateKey)],
  ['a claim made twice', FORM, () => signParts(headerText(), withRawClaim(`"lic":"${reference}"`), privateKey)],
  [
    'a header parameter given twice',
    FORM,
    () => signParts(`{"alg":"none",${headerText().slice(1)}`, payloadText(), privateKey),
  ],
  ['white space in the JSON', FORM, () => signParts(headerText(), ` ${payloadText()}`, privateKey)],
  ['a byte order mark', FORM, () => signParts(headerText(), `\uFEFF${payloadText()}`, privateKey)],
  ['a payload that is an array', FORM, () => signParts(headerText(), '[]', privateKey)],
  ['a payload that is null', FORM, () => signParts(headerText(), 'null', privateKey)],
  ['a payload that is a string', FORM, () => signParts(headerText(), '"sub"', privateKey)],
  ['a payload that is not JSON', FORM, () => signParts(headerText(), '{', privateKey)],
  ['a payload nested 2,500 deep', FORM, () => signParts(headerText(), '['.repeat(2_500), privateKey)],
  ['a payload that is not UTF-8', FORM, () => notUTF8()],
  ['a header that is an array', FORM, () => signParts('[]', payloadText(), privateKey)],
  ['B37: more than 8 KiB', 'The token is longer than 8 KiB.', withClaims({ sub: 'a'.repeat(8_192) })],
  ['one part', 'The token does not have three parts.', () => 'token'],
  ['two parts', 'The token does not have three parts.', () => partsOf(licenceToken).slice(0, 2).join('.')],
  ['four parts', 'The token does not have three parts.', () => `${licenceToken}.AA`],
  ['five parts, as an encrypted token has', 'The token does not have three parts.', () => `${licenceToken}.AA.AA`],
  ['three empty parts', FORM, () => '..'],
  ['letters after the signature', SIGNATURE_FORM, () => `${licenceToken}AA`],
  ['a space after the signature', SIGNATURE_FORM, () => `${licenceToken} `],
  ['a comma and another token', 'The token does not have three parts.', () => `${licenceToken},${licenceToken}`],
  ['a signature of padded base64', SIGNATURE_FORM, () => `${licenceToken}==`],
  [
    'a signature whose last bits are not zero',
    SIGNATURE_FORM,
    () => `${licenceToken.slice(0, -1)}${nextLetter(licenceToken)}`,
  ],
  [
    'a signature of 64 zeros',
    SIGNATURE,
    () => [...partsOf(licenceToken).slice(0, 2), base64url(Buffer.alloc(64))].join('.'),
  ],
  [
    'a signature as long as one in DER',
    SIGNATURE_FORM,
    () => [...partsOf(licenceToken).slice(0, 2), base64url(Buffer.alloc(70, 48))].join('.'),
  ],
  [
    'base64 with padding in the payload',
    FORM,
    () =>
      partsOf(licenceToken)
        .map((part, i) => (i === 1 ? `${part}=` : part))
        .join('.'),
  ],
  ['base64 of the other alphabet', FORM, () => `+${licenceToken.slice(1)}`],
  ['a changed payload', SIGNATURE, () => changedPayload()],
  ['a changed signature', SIGNATURE, () => withFlippedBit(2)],
  [
    'the signature of another token',
    SIGNATURE,
    () => [...partsOf(licenceToken).slice(0, 2), partsOf(siteToken)[2]].join('.'),
  ],
  ['a key of its own under the name of ours', SIGNATURE, () => signToken(decode(licenceToken), strangersKey())],
];

function signedWithRSA(): string {
  const { header, payload } = decode(licenceToken);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return jsonwebtoken.sign(payload, rsa, { algorithm: 'RS256', header: { ...header, alg: 'RS256' } });
}

const strangersKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const asSiteToken = (token: string): string =>
  forged(token, {
    payload: { lic: undefined, site: 'Northwick', sub: 'Northwick', scope: 'dicomweb.store dicomweb.search' },
  });

const asCuratorToken = (token: string): string =>
  forged(token, {
    payload: { ...decode(curatorToken).payload, jti: decode(token).payload['jti'], lic: undefined, site: undefined },
  });

async function tokenOfOtherArchive(): Promise<string> {
  return (await otherArchive.issue({ kind: 'curator' })).token;
}

async function tokenOfOtherArchiveUnderOurKid(): Promise<string> {
  const { header, payload } = decode(await tokenOfOtherArchive());
  return signToken(
    { header: { ...header, kid: archive.keys.signingKey().kid }, payload },
    await otherArchive.privateKey(),
  );
}

const withRawClaim = (claim: string): string => `${payloadText().slice(0, -1)},${claim}}`;
const withRawExp = (exp: string): string => payloadText().replace(/"exp":\d+/, `"exp":${exp}`);

function notUTF8(): string {
  const [header, , signature] = partsOf(licenceToken);
  return [header, base64url(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), signature].join('.');
}

function changedPayload(): string {
  const [header, , signature] = partsOf(licenceToken);
  const { payload } = decode(licenceToken);
  return [header, base64url(JSON.stringify({ ...payload, exp: NOON + 7_200 })), signature].join('.');
}

/** The letter that decodes to the same bytes when a reader ignores the bits that are left over. */
function nextLetter(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(token.slice(-1)) + 1);
}

describe('Authenticator, offered a bad token', () => {
  it('accepts the good tokens that the bad ones are made from', async () => {
    const callers = await Promise.all(
      [siteToken, licenceToken, curatorToken].map((good) => archive.authenticate(good)),
    );
    expect(callers.map(({ kind }) => kind)).toEqual(['site', 'licence', 'curator']);
  });

  it('accepts what the forger signs when nothing is changed', async () => {
    expect(await archive.refusalOf(forged(licenceToken, {}))).toBeUndefined();
  });

  it.each(BAD_TOKENS)('refuses %s', async (_name, reason, token) => {
    expect(await archive.refusalOf(await token())).toBe(reason);
  });

  it('T8: refuses a revoked token, though its signature is remembered', async () => {
    const { token, tokenID } = await archive.issue({ kind: 'site', site: 'Northwick' });
    expect(await archive.refusalOf(token)).toBeUndefined();
    await revokeToken(archive.database, tokenID, archive.nowMs);
    expect(await archive.refusalOf(token)).toBe('The token has been revoked.');
  });

  it('T8: refuses a token of a suspended and of a revoked licence', async () => {
    const doomed = await archive.addLicence();
    const { token } = await archive.issue({ kind: 'licence', reference: doomed, person: 'ada@example.org' });
    await suspendLicence(archive.database, doomed);
    expect(await archive.refusalOf(token)).toBe('The licence is suspended.');
    await revokeLicence(archive.database, doomed);
    expect(await archive.refusalOf(token)).toBe('The licence is revoked.');
  });

  it('T8: refuses a token of a licence that has not begun', async () => {
    const later = await archive.addLicence({ from: '2026-03-11' });
    const { token } = await archive.issue({ kind: 'licence', reference: later, person: 'ada@example.org' });
    expect(await archive.refusalOf(token)).toBe('The licence has not begun.');
  });

  it('says no more than its reason, in a challenge that HTTP can carry', async () => {
    const refusal = archive.authenticator.authenticate([`Bearer ${withClaims({ lic: '*' })()}`]);
    await expect(refusal).rejects.toMatchObject({
      code: 'unauthenticated',
      challenge: 'Bearer realm="nccid", error="invalid_token", error_description="The token names no single licence."',
    });
  });

  it('describes each error in the characters that RFC 6750 allows', () => {
    for (const [, reason] of BAD_TOKENS) expect(reason).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });
});
