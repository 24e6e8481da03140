/** How the model answers. */
import { createHash } from 'node:crypto';
import type { Fixture } from '../../../conformance/fixtures/fixture.js';
import { fieldOf, type Passing, type Reply } from '../faults/fault.js';

export type Fixtures = ReadonlyMap<string, Fixture>;

export const IMAGES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif'];
export const REPORT = 'Finding: Nothing to see <here> & no "more"';
const ESCAPED = REPORT.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
export const REPORT_PAGE = `<html><body>${ESCAPED}</body></html>`;
export const REPORT_XML = `<report>${ESCAPED}</report>`;

export const problem = (status: number): Reply => ({
  status,
  headers: [['Content-Type', 'application/problem+json']],
  body: Buffer.from(`{"status":${status}}`),
});

export const whole = (type: string, body: Buffer, more: Reply['headers'] = []): Reply => ({
  status: 200,
  headers: [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
    ['ETag', `"${createHash('sha1').update(body).digest('hex')}"`],
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Security-Policy', 'sandbox'],
    ...more,
  ],
  body,
});

/** The first of these forms that is acceptable. */
export function reportReply(accept: string, forms: readonly (readonly [string, string | Buffer])[]): Reply {
  const [type, body] = forms.find(([one]) => accept.includes(one) || accept.includes('*/*')) ?? [];
  return type === undefined || body === undefined ? problem(406) : whole(type, Buffer.from(body));
}

/** A video, or a range of it. */
export function videoReply(request: Passing, { frames: [mp4 = Buffer.alloc(0)] }: Fixture): Reply {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(fieldOf(request, 'Range') ?? '') ?? [];
  if (from === undefined) return whole('video/mp4', mp4);
  const last = to === '' ? mp4.length - 1 : Number(to);
  const part = mp4.subarray(Number(from), last + 1);
  return { ...whole('video/mp4', part, [['Content-Range', `bytes ${from}-${last}/${mp4.length}`]]), status: 206 };
}
