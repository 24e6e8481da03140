/** Settings for a module of Emscripten, which writes into them: what it has to say goes nowhere, for it may tell of the frame. */
export const silent = () => ({ print: () => undefined, printErr: () => undefined });
