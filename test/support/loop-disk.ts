/** A disk of its own for a test: ext4 in a file, whose power can be cut. Only root may mount, and not everywhere. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DISK_BYTES = 2 * 1024 ** 3;

const run = (command: string, ...args: readonly string[]): void =>
  void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });

export class LoopDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #home: string;
  readonly #image: string;
  #isMounted = false;

  private constructor() {
    this.#home = mkdtempSync(join(tmpdir(), 'nccid-disk-'));
    this.#image = join(this.#home, 'image');
    this.folder = join(this.#home, 'mounted');
    mkdirSync(this.folder);
  }

  /** Make and mount an empty disk; undefined where this process may not, or has not what it takes. */
  static find(): LoopDisk | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const disk = new LoopDisk();
    try {
      writeFileSync(disk.#image, '');
      truncateSync(disk.#image, DISK_BYTES);
      run('mkfs.ext4', '-q', disk.#image);
      disk.#mount();
      return disk;
    } catch {
      // Root in a container may not mount; the caller says that its test did not run.
      disk.remove();
      return undefined;
    }
  }

  /**
   * What this disk would hold if its power failed now: what has reached the device, and nothing that waits in memory for it.
   * Nobody may write to this disk meanwhile. The copy is mounted by `turnOn`.
   */
  afterPowerCut(): LoopDisk {
    const copy = new LoopDisk();
    run('cp', '--sparse=always', this.#image, copy.#image);
    return copy;
  }

  turnOn(): void {
    this.#mount();
  }

  remove(): void {
    if (this.#isMounted) run('umount', this.folder);
    this.#isMounted = false;
    rmSync(this.#home, { recursive: true, force: true });
  }

  #mount(): void {
    run('mount', '-o', 'loop', this.#image, this.folder);
    this.#isMounted = true;
  }
}
