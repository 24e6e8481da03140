import { ArchiveError } from '../../errors.js';

/**
 * A frame that can not be decoded or encoded: its bytes are damaged, contradict their description, or are of a kind that no
 * codec here knows. The message is a sentence for whoever asked, and holds nothing of the frame.
 */
export class CodecFailure extends ArchiveError {
  constructor(message: string, options?: ErrorOptions) {
    super('undecodable', message, options);
  }
}
