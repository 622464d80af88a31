// The colours of the pages, light and dark; each pair that carries text or a border meets WCAG AA.

/** Colours and typefaces as custom properties. */
export const colours = `
:root {
  color-scheme: light dark;
  --ground: #f5f3ee;
  --glow: #e3ece6;
  --card: #fffefc;
  --sunk: #f5f3ee;
  --line: #e2ded4;
  --edge: #858178;
  --ink: #1f2421;
  --soft: #59605b;
  --accent: #0b6756;
  --accent-over: #084f42;
  --on-accent: #ffffff;
  --tint: #e4f0ea;
  --alert: #9b2318;
  --alert-ground: #fcefeb;
  --alert-line: #eec8bf;
  --shadow: 0 1px 2px rgb(31 36 33 / 5%), 0 12px 32px -12px rgb(31 36 33 / 16%);
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121614;
    --glow: #1a2822;
    --card: #1b201d;
    --sunk: #131715;
    --line: #303833;
    --edge: #7d877f;
    --ink: #e9ece8;
    --soft: #a6afa8;
    --accent: #7ad3b4;
    --accent-over: #9be2c9;
    --on-accent: #06231b;
    --tint: #20352d;
    --alert: #ffb4a6;
    --alert-ground: #36201c;
    --alert-line: #6b3a31;
    --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 16px 40px -16px rgb(0 0 0 / 60%);
  }
}
`
