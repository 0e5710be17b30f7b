// Bundles styles, scripts and fonts into dist/, every name carrying the hash of its content, so that browsers may
// keep a file for ever. Writes .br and .gz twins and a manifest (one "logical-name served-name" a line).
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import subsetFont from "subset-font";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const manifest = [];

function keep(name, bytes, squeeze = true) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const served = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
  writeFileSync(here(`dist/${served}`), bytes);
  if (squeeze) {
    writeFileSync(here(`dist/${served}.gz`), gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    writeFileSync(here(`dist/${served}.br`), brotliCompressSync(bytes, { params }));
  }
  manifest.push(`${name} ${served}`);
  return served;
}

const span = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
const latin = span(0x20, 0x7e) + span(0xa0, 0x17f) + "–—‘’‚“”„•…‰€™−×≈≤≥→←↑↓½¼¾†";

// The display face is drawn for large sizes: its optical size is pinned, its weights kept between light and medium.
async function display() {
  const file = here("node_modules/@fontsource-variable/newsreader/files/newsreader-latin-opsz-normal.woff2");
  const variationAxes = { opsz: 48, wght: { min: 300, max: 500 } };
  return subsetFont(readFileSync(file), latin, { targetFormat: "woff2", variationAxes });
}

// Places on the day view: a start row for every five minutes of a day, a span for every length up to a whole day.
function dayGrid() {
  const rules = [];
  for (let row = 0; row <= 288; row += 1) rules.push(`.r${row}{grid-row-start:${row + 1}}`);
  for (let span = 1; span <= 288; span += 1) rules.push(`.s${span}{grid-row-end:span ${span}}`);
  return rules.join("");
}

rmSync(here("dist"), { recursive: true, force: true });
mkdirSync(here("dist"), { recursive: true });

const sans = "node_modules/@fontsource-variable/source-sans-3/files/source-sans-3";
const fonts = {
  "display.woff2": keep("display.woff2", await display(), false),
  "sans.woff2": keep("sans.woff2", readFileSync(here(`${sans}-latin-wght-normal.woff2`)), false),
  "sans-ext.woff2": keep("sans-ext.woff2", readFileSync(here(`${sans}-latin-ext-wght-normal.woff2`)), false),
};

const options = {
  bundle: true,
  minify: true,
  write: false,
  legalComments: "none",
  target: ["es2022", "chrome120", "firefox120", "safari17.4"],
  external: ["/assets/*"],
};
const bundle = async (entry) => {
  const result = await build({ ...options, entryPoints: [here(entry)] });
  let text = result.outputFiles[0].text;
  for (const [name, served] of Object.entries(fonts)) text = text.replaceAll(`/assets/${name}`, `/assets/${served}`);
  return text;
};
keep("site.css", await bundle("css/site.css"));
keep("desk.css", (await bundle("css/desk.css")) + dayGrid());
keep("site.js", await bundle("ts/site.ts"));
keep("desk.js", await bundle("ts/desk.ts"));
keep("mark.svg", readFileSync(here("mark.svg")));
writeFileSync(here("dist/manifest.txt"), manifest.join("\n") + "\n");
