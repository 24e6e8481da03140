/** The transfer syntaxes: in which form frames travel, and how instances of them are given. */
import { isLossy, NEVER_NEGOTIATED, TRANSFER_SYNTAXES } from '../../../../src/dicom/transfer-syntaxes.js';
import { isDecodable } from '../../../../src/pixels/decode.js';
import { ENCODED_SYNTAXES } from '../../../../src/pixels/encode.js';
import { code, figure, markdownTable } from '../markdown-table.js';

export const transferSyntaxValues = () => ({
  'transfer-syntax-count': figure(TRANSFER_SYNTAXES.length),
  'transfer-syntaxes': markdownTable(
    [
      'UID',
      'name',
      'frame',
      'may have lost something',
      'is named by clients',
      'is decoded',
      'pixels are compressed into it',
    ],
    TRANSFER_SYNTAXES.map(({ uid, name, mediaType }) => [
      code(uid),
      name,
      mediaType === undefined ? '–' : code(mediaType),
      isLossy(uid) ? 'yes' : 'no',
      NEVER_NEGOTIATED.has(uid) ? 'no' : 'yes',
      mediaType === undefined ? '–' : isDecodable(uid) ? 'yes' : 'no',
      ENCODED_SYNTAXES.includes(uid) ? 'yes' : 'no',
    ]),
  ),
});
