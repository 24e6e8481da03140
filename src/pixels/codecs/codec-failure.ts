import { ArchiveError } from '../../errors.js';

interface CodecFailureOptions extends ErrorOptions {
  readonly isOfDecoded?: boolean;
}

/**
 * A frame that can not be decoded or encoded: its bytes are damaged, contradict their description, or are of a kind that no
 * codec here knows. The message is a sentence for whoever asked, and holds nothing of the frame.
 */
export class CodecFailure extends ArchiveError {
  /** Whether the frame had been decoded: it may well become something else than what was asked for. */
  readonly isOfDecoded: boolean;

  constructor(message: string, { isOfDecoded = false, ...options }: CodecFailureOptions = {}) {
    super('undecodable', message, options);
    this.isOfDecoded = isOfDecoded;
  }
}

/** A frame whose work has cost a thread: it took too long, or too much memory. */
export class ThreadLost extends CodecFailure {}
