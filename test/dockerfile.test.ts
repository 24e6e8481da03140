import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const linesOf = (path: string): readonly string[] => readFileSync(path, 'utf8').replaceAll('\\\n', ' ').split('\n');

const instructions = (name: string): readonly string[] =>
  linesOf('Dockerfile').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length).trim()] : []));

const copies = instructions('COPY').map((copy) => copy.split(/\s+/));
/** What the image takes from the repository; the rest it takes from its own stages. */
const sources = copies.filter(([first]) => first?.startsWith('--from=') === false).flatMap((copy) => copy.slice(0, -1));

const manifest: { readonly bin: Readonly<Record<string, string>> } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('Dockerfile', () => {
  it('copies files that exist and that are not kept out of the build', () => {
    expect(sources).toContain('package-lock.json');
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    expect(linesOf('.dockerignore').filter((line) => /^[*!]/.test(line))).toEqual(
      expect.arrayContaining(['*', ...sources.map((source) => `!${source}`)]),
    );
  });

  it('copies from its own build stage only what that stage makes', () => {
    const taken = copies.flatMap(([from, path]) => (from === '--from=build' ? [path] : []));
    expect(taken).toEqual(['/app/package.json', '/app/node_modules', '/app/dist', '/app/viewer']);
    expect(instructions('WORKDIR')).toEqual(['/app', '/app']);
  });

  it('has the viewer where the program looks for it', () => {
    expect(instructions('RUN').join(' ')).toContain('NCCID_VIEWER=/app/viewer node dist/start.cjs fetch viewer');
    expect(instructions('ENV').join(' ')).toContain('NCCID_VIEWER=/app/viewer');
  });

  it('starts the command that the package installs, and not as root', () => {
    expect(instructions('ENTRYPOINT')).toEqual([`["node", "${manifest.bin['nccid']}"]`]);
    expect(instructions('USER')).toEqual(['node']);
  });

  it('keeps its data in the volume it declares', () => {
    expect(instructions('VOLUME')).toEqual(['/data']);
    expect(instructions('ENV').join(' ')).toContain('NCCID_DATA=/data');
  });
});
