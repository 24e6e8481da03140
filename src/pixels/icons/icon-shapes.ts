/**
 * Icons for what has no picture of its own, as lines on a field of 96 by 96. Nothing of them is text, for a machine need not
 * have a font.
 */
import type { InstanceKind } from '../../dicom/instance-kinds.js';

/** `withheld` stands for an image that may show who the patient is; `image` for one that can not be drawn. */
export type IconKind = InstanceKind | 'withheld';

export const ICON_SIDE = 96;

const PAGE = '<path d="M26 14h30l16 16v52H26z"/><path d="M56 14v16h16"/>';
const PICTURE = '<rect x="14" y="20" width="68" height="56" rx="4"/>';

/** SVG elements; they are drawn as lines unless they say otherwise. */
export const ICON_SHAPES: Readonly<Record<IconKind, string>> = {
  // A picture with hills and a sun, torn from corner to corner.
  image: `${PICTURE}<circle cx="32" cy="36" r="6"/><path d="M14 68l20-18 12 10 18-18 18 16"/><path d="M84 12L12 84" stroke-width="6"/>`,
  // A picture of an eye that is crossed out.
  withheld: `${PICTURE}<path d="M24 48q24-26 48 0q-24 26-48 0z"/><circle cx="48" cy="48" r="7" fill="currentColor"/><path d="M26 68l44-40"/>`,
  // A board with a clip, a line that is ticked, and more lines.
  report:
    '<rect x="22" y="20" width="52" height="64" rx="4"/><rect x="36" y="12" width="24" height="14" rx="3" fill="currentColor"/>' +
    '<path d="M31 42l5 5 9-10"/><path d="M52 44h14M32 58h34M32 70h24"/>',
  // A page with a corner turned down.
  document: `${PAGE}<path d="M36 44h26M36 56h26M36 68h18"/>`,
  // A strip of film with a triangle to start it.
  video:
    '<rect x="12" y="22" width="72" height="52" rx="4"/><path d="M26 22v52M70 22v52"/>' +
    '<path d="M12 35h14M12 48h14M12 61h14M70 35h14M70 48h14M70 61h14"/><path d="M42 36v24l18-12z" fill="currentColor"/>',
  // A picture of which half is dark, and a slider below it.
  'presentation-state':
    '<rect x="14" y="12" width="68" height="50" rx="4"/><circle cx="48" cy="37" r="16"/>' +
    '<path d="M48 21a16 16 0 0 1 0 32z" fill="currentColor"/><path d="M14 78h68"/><circle cx="60" cy="78" r="6" fill="currentColor"/>',
  // A heartbeat.
  waveform: `${PICTURE}<path d="M14 50h16l5-8 6 8 6-22 8 38 6-16h21" stroke-width="5"/>`,
  // A box.
  other: '<path d="M48 12l32 17v38L48 84 16 67V29z"/><path d="M16 29l32 18 32-18M48 47v37"/>',
};
