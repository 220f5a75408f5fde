import { Markup } from "./markup.ts";

/** Text is at least 4.5:1 against the page in both schemes, and what is drawn at least 3:1. */
const LIGHT = `
--page:#fdfdfc;--ink:#1b222c;--soft:#586272;--rule:#e4e6ea;--faint:#eceef1;--band:#f4f5f7;--warn:#a23b12;
--own0:#00766c;--own1:#4a9d8f;--peer0:#7285a0;--peer1:#b5852e;--peer2:#9a78b8;--peer3:#c47260;
--peer4:#7c9440;--peer5:#4f95bf;--peer6:#c06f98;--peer7:#96816c;`;
const DARK = `
--page:#14181e;--ink:#e7eaee;--soft:#a5aebb;--rule:#2f3640;--faint:#262c35;--band:#1b2028;--warn:#f2a07a;
--own0:#2fcbb8;--own1:#1c9488;--peer0:#8496b0;--peer1:#b98d3c;--peer2:#a387c2;--peer3:#c77c6b;
--peer4:#8aa24f;--peer5:#5b9cc4;--peer6:#c57fa3;--peer7:#a08d79;`;

const CLASSES = ["own0", "own1", ...Array.from({ length: 8 }, (_, at) => `peer${at}`)];

const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0 auto;max-width:1200px;padding:40px 32px 80px;background:var(--page);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:break-word}
h1{font-size:34px;line-height:1.15;margin:0 0 12px;font-weight:650;letter-spacing:-.01em}
h2{font-size:22px;margin:64px 0 4px;padding-top:20px;border-top:1px solid var(--rule);font-weight:650}
h3{font-size:16px;margin:32px 0 14px;font-weight:650}
h3 small{font-size:13px;font-weight:400;color:var(--soft);margin-left:6px}
p{margin:0 0 12px;max-width:76ch}
.kind{color:var(--own0);font-weight:650;margin:0 0 2px}
header p{color:var(--soft)}
pre{background:var(--band);padding:12px 14px;margin:16px 0;border-radius:6px;overflow-x:auto;user-select:all}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
pre code{white-space:pre-wrap;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:6px 20px;margin-top:20px}
a{color:var(--own0);text-underline-offset:3px}
.notes{padding-left:18px;max-width:80ch;margin:12px 0}
.notes li{margin:4px 0}
.legend{font-size:13px;max-width:none;margin-bottom:20px}
.legend span{white-space:nowrap;margin-right:16px}
.swatch{display:inline-block;width:10px;height:10px;border-radius:2px;background:var(--c);margin-right:7px}
dl{display:grid;grid-template-columns:minmax(90px,max-content) 1fr;gap:6px 24px;margin:16px 0}
dt{color:var(--soft)}
dt[class]{color:var(--ink);font-weight:600}
dd{margin:0;max-width:90ch;overflow-wrap:anywhere;min-width:0}`;

const PLOTS = `
.defs{position:absolute}
.stripe{stroke:var(--page);stroke-width:2.5}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:28px 36px;align-items:start}
figure{margin:0;min-width:0;break-inside:avoid}
figcaption{font-size:13px;font-weight:600;margin-bottom:6px}
svg[role]{display:block;width:100%;height:auto;overflow:visible;font-size:12px}
svg text{fill:var(--ink);font-variant-numeric:tabular-nums}
svg .name{text-anchor:end}svg .start{text-anchor:start}
svg .value,svg .ratio{text-anchor:end}
svg .tick,svg .axis,svg .ratio{fill:var(--soft);font-size:11px}
svg .tick{text-anchor:middle}svg .left,svg .end{text-anchor:end}
svg .flag{fill:var(--warn);font-weight:700}
.grid,.track{stroke:var(--faint);fill:none}
.mark{stroke:var(--soft);fill:none}
.reference{stroke:var(--soft);stroke-dasharray:3 3;fill:none}
.bar{fill:var(--c);opacity:.62}.own0 .bar,.own1 .bar{opacity:1}
.hatch{fill:url(#hatch)}
.whisker{stroke:var(--ink);stroke-width:1.2;fill:none;opacity:.75}
.line{stroke:var(--c);stroke-width:1.6;fill:none;stroke-linejoin:round}
.span{stroke:var(--c);stroke-width:2;fill:none}
.dot{fill:var(--c);stroke:var(--page)}
.ring{fill:var(--page);stroke:var(--c);stroke-width:2}
.notch{stroke:var(--c);stroke-width:3;fill:none}.notch.flagged{stroke-dasharray:3 2.5}
.leader{stroke:var(--c);fill:none;opacity:.6}
.limit{--c:var(--soft)}.limit .line{stroke-dasharray:2 3}.limit text{fill:var(--soft)}
.own0 text,.own1 text,text.own0{font-weight:650}
.own0 .line,.own1 .line{stroke-width:2.8}
p.flags,ul.flags{font-size:12px;color:var(--soft);margin:4px 0 0;list-style:none;padding:0}
p.flags b,b.flag{color:var(--warn)}`;

const TABLES = `
.scroll{overflow-x:auto;margin:0 0 6px}
.scroll:focus-visible{outline:2px solid var(--own0);outline-offset:2px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;width:100%;margin-top:18px}
caption{text-align:left;font-weight:600;padding-bottom:6px;white-space:nowrap}
caption code{font-size:12px;font-weight:400;color:var(--soft);margin-left:8px}
th,td{padding:5px 0 5px 20px;text-align:right;white-space:nowrap;border-top:1px solid var(--rule);vertical-align:top}
thead th.words{text-align:left}thead th{border-top:0;color:var(--soft);font-weight:400;vertical-align:bottom}
th:first-child{text-align:left;padding-left:0;font-weight:400;position:sticky;left:0;background:var(--page)}
tr.own0 th,tr.own1 th,tr.own0 td{font-weight:600}
td small{display:block;font-size:11px;color:var(--soft);font-weight:400}
table td.words{text-align:left;white-space:normal;min-width:124px;color:var(--soft);font-weight:400}`;

const PAPER = `
@media (max-width:600px){body{padding:24px 16px 48px}h1{font-size:28px}h2{margin-top:48px}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:10px}}
@page{size:A4 landscape;margin:12mm}
@media print{body{max-width:none;padding:0;font-size:12px}nav{display:none}h2{margin-top:24px}
h2,h3,caption{break-after:avoid}tr,figure{break-inside:avoid}.scroll{overflow:visible}
.plots{grid-template-columns:repeat(3,1fr)}table{font-size:10px}th,td{padding-left:10px}td small{font-size:9px}
.bar,.swatch,.hatch{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

const css = [
  `:root{color-scheme:light dark;${LIGHT}}`,
  `@media (prefers-color-scheme:dark){:root{${DARK}}}`,
  TEXT,
  PLOTS,
  TABLES,
  ...CLASSES.map((name) => `.${name}{--c:var(--${name})}`),
  PAPER,
];

export const style = new Markup(css.join("\n"));
