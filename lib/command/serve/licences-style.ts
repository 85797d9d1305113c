/** In the page itself: `serve` sends no other file. */
export const licencesStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f6f8, #0f141a);
  --panel: light-dark(#ffffff, #181f28);
  --line: light-dark(#d5dbe3, #323d4b);
  --text: light-dark(#17202b, #e8edf3);
  --soft: light-dark(#4d5a69, #a9b6c5);
  --accent: light-dark(#0b63c5, #7db8ff);
  --good: light-dark(#14703a, #6fd596);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; }
a { color: var(--accent); }
small { display: block; color: var(--soft); font-weight: normal; }
.outcome { color: var(--good); font-weight: 600; }
.scroll { overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.5rem 0.75rem; text-align: left; vertical-align: top; white-space: nowrap; }
td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
thead { color: var(--soft); font-size: 0.875rem; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
form { margin: 0; }
button {
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--accent);
  border-radius: 6px;
  background: transparent;
  color: var(--accent);
  font: inherit;
  cursor: pointer;
}
button:hover { background: var(--accent); color: var(--panel); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`
