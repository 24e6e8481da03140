/** The style sheet of the portal's pages: system fonts, contrast of 7 to 1 or better, one column, dark where the reader has it so. */
export const STYLE_SHEET = `
:root {
  --ink: #16212e; --paper: #ffffff; --band: #0b3a5c; --on-band: #ffffff; --link: #00467a; --line: #8696a5;
  --quiet: #44525f; --warn: #8a1c0d; --warn-paper: #fdf1ee; --focus: #ffcf33;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #eef2f5; --paper: #10171d; --band: #0b2a42; --on-band: #ffffff; --link: #9cd0ff; --line: #6d7d8b;
    --quiet: #c0cad3; --warn: #ffb9ab; --warn-paper: #33150f; --focus: #ffcf33;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; color: var(--ink); background: var(--paper);
  font: 1.125rem/1.55 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
}
header { background: var(--band); }
header, main, footer { padding: 1rem max(1.25rem, calc((100vw - 44rem) / 2)); }
header a { color: var(--on-band); font-size: 1.25rem; text-decoration: none; }
header b { letter-spacing: .06em; }
main { flex: 1; padding-top: 1.5rem; padding-bottom: 3rem; }
footer { border-top: 1px solid var(--line); color: var(--quiet); font-size: 1rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.375rem; margin: 2rem 0 .5rem; }
a { color: var(--link); text-underline-offset: .15em; }
code { overflow-wrap: anywhere; font-size: .95em; }
.button, button {
  display: inline-block; border: 2px solid var(--line); border-radius: .25rem; padding: .6rem 1.25rem; background: var(--band); color: var(--on-band);
  font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
.quiet { background: transparent; color: var(--link); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 1.5rem 0; }
.actions form { margin: 0; }
label { display: block; font-weight: 600; margin: 1.25rem 0 .25rem; }
textarea {
  width: 100%; min-height: 8rem; padding: .5rem; border: 2px solid var(--line); border-radius: .25rem; color: inherit;
  background: var(--paper); font: 1rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere;
}
.hint { color: var(--quiet); margin: 0 0 .5rem; }
.error { border-left: .5rem solid var(--warn); background: var(--warn-paper); padding: .75rem 1rem; }
.error h2 { margin: 0; color: var(--warn); }
.error p { margin: .25rem 0 0; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; box-shadow: 0 0 0 5px #16212e; }
`;
