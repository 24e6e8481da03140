/** A codec that Emscripten has built, with a bound to its memory, and nothing printed. */
import { createRequire } from 'node:module';
import { compileBounded } from './bounded-module.js';
import { type Created, RenewedModule } from './renewed-module.js';

/** Makes an instance of a module with these settings, which it writes into. */
type Create<M> = (settings: Readonly<Record<string, unknown>>) => Promise<M>;

/** @param wasm names the file of the module that `create` makes instances of, as `import` would */
export function emscriptenModule<M>(create: Create<M>, wasm: string): RenewedModule<M> {
  let compiled: WebAssembly.Module | undefined;
  return new RenewedModule(() => {
    compiled ??= compileBounded(createRequire(import.meta.url).resolve(wasm));
    return instantiate(create, compiled);
  });
}

async function instantiate<M>(create: Create<M>, compiled: WebAssembly.Module): Promise<Created<M>> {
  let isExhausted = false;
  const module = await create({
    // What it has to say may tell of the frame.
    print: () => undefined,
    printErr: () => undefined,
    instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => {
      const instance = new WebAssembly.Instance(compiled, imports);
      onRefusal(instance, () => {
        isExhausted = true;
      });
      done(instance);
      return instance.exports;
    },
  });
  return { module, isExhausted: () => isExhausted };
}

/** A codec may go on without the memory that it did not get, and give pixels that are none. */
function onRefusal({ exports }: WebAssembly.Instance, tell: () => void): void {
  for (const memory of Object.values(exports)) {
    if (!(memory instanceof WebAssembly.Memory)) continue;
    const grow = memory.grow.bind(memory);
    memory.grow = (pages) => {
      try {
        return grow(pages);
      } catch (error) {
        tell();
        throw error;
      }
    };
  }
}
