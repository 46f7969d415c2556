// The look of the demo shop. One sheet, system fonts, light and dark, from 320 px up; no size in it depends on a script.

export const shopStyle = /* css */ `
:root {
  color-scheme: light dark;
  --paper: #faf6ee; --card: #fffdf8; --ink: #24211c; --soft: #675f53; --line: #e3dac9; --edge: #8b8171;
  --green: #2f5142; --green-deep: #24413a; --on-green: #fffaf0; --warm: #97411f; --tint: #f0e8d9; --shadow: 36 28 16;
  --serif: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Liberation Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
  --round: 10px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171613; --card: #211f1b; --ink: #f1ebdf; --soft: #b5ab9b; --line: #37332c; --edge: #857b6c;
    --green: #a9cdb8; --green-deep: #c3dfcf; --on-green: #12231b; --warm: #eba27c; --tint: #24221d; --shadow: 0 0 0;
  }
  img[src*="/pictures/"] { filter: brightness(.88) saturate(.96); }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 400 1.0625rem/1.6 var(--sans); }
h1, h2, h3 { font-family: var(--serif); font-weight: 500; line-height: 1.15; text-wrap: balance; margin: 0 0 .5em; }
h1 { font-size: clamp(2rem, 1.4rem + 2.4vw, 3.1rem); letter-spacing: -.012em; }
h2 { font-size: 1.45rem; }
p { margin: 0 0 1em; text-wrap: pretty; }
ul, ol { margin: 0; padding: 0; list-style: none; }
img, svg { display: block; max-width: 100%; height: auto; }
a { color: inherit; text-underline-offset: .2em; text-decoration-thickness: 1px; text-decoration-color: var(--edge); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 3px solid var(--green); outline-offset: 3px; border-radius: 4px; }
main:focus, h1:focus, [id="consent-title"]:focus { outline: none; }
button, input, select { font: inherit; color: inherit; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; }
dl { margin: 0; } dd { margin: 0; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -5rem; background: var(--green); color: var(--on-green); padding: .6rem 1rem; border-radius: 0 0 8px 8px; z-index: 30; }
.skip:focus { top: 0; }
.wrap { width: min(100% - 2.5rem, 75rem); margin-inline: auto; }
.narrow { max-width: 44rem; }
.lead { font-size: 1.15rem; color: var(--soft); max-width: 42rem; }
.note { color: var(--soft); font-size: .95rem; margin: .8rem 0 0; }
.small { font-size: .92rem; }
.right { text-align: right; }

.button { display: inline-block; border: 1px solid var(--green); background: var(--green); color: var(--on-green); padding: .72rem 1.5rem; border-radius: 999px; text-decoration: none; font-weight: 550; line-height: 1.3; cursor: pointer; text-align: center; }
.button:hover { background: var(--green-deep); border-color: var(--green-deep); }
.button:disabled { background: var(--tint); border-color: var(--line); color: var(--soft); cursor: not-allowed; }
.button[aria-busy] { opacity: .7; }
.button.quiet { background: transparent; color: var(--ink); border-color: var(--edge); }
.button.quiet:hover { background: var(--tint); }
.button.small { padding: .5rem 1rem; font-size: .95rem; }
.button.wide { display: block; width: 100%; }
.as-link { background: none; border: 0; padding: .2rem 0; text-decoration: underline; text-decoration-color: var(--edge); text-decoration-thickness: 1px; text-underline-offset: .2em; cursor: pointer; font-size: inherit; text-align: left; }
.as-link:hover { text-decoration-color: currentColor; }
input:not([type=radio]):not([type=hidden]), select { width: 100%; min-height: 2.9rem; padding: .5rem .8rem; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; }
input[aria-invalid] { border-color: var(--warm); border-width: 2px; }
input::placeholder { color: var(--soft); opacity: 1; }
input[type=radio] { accent-color: var(--green); }

.header { border-bottom: 1px solid var(--line); background: var(--paper); }
.header-row { display: grid; grid-template-columns: auto 1fr minmax(9rem, 15rem) auto; gap: 1rem 2rem; align-items: center; padding-block: .9rem; }
.brand { display: flex; align-items: center; gap: .6rem; font: 500 1.6rem/1 var(--serif); text-decoration: none; letter-spacing: -.01em; }
.nav { display: flex; gap: clamp(.9rem, 2vw, 1.9rem); }
.nav a { text-decoration: none; padding: .45rem 0; border-bottom: 2px solid transparent; }
.nav a:hover, .nav a[aria-current] { border-color: var(--green); }
.search { position: relative; }
.search input { padding-right: 2.8rem !important; min-height: 2.5rem !important; border-radius: 999px !important; }
.search > button:not(.button) { position: absolute; right: .2rem; top: 50%; translate: 0 -50%; width: 2.3rem; height: 2.3rem; display: grid; place-items: center; background: none; border: 0; cursor: pointer; border-radius: 50%; }
.search-large { display: flex; gap: .6rem; max-width: 34rem; margin-bottom: 2.2rem; }
.search-large input { min-height: 2.9rem !important; padding-right: 1rem !important; }
.icon { width: 1.45rem; height: 1.45rem; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.tools { display: flex; gap: 1.3rem; }
.tool { display: flex; align-items: center; gap: .45rem; text-decoration: none; padding: .4rem 0; white-space: nowrap; }
.tool:hover .tool-word { text-decoration: underline; }
.count { min-width: 1.45rem; height: 1.45rem; padding: 0 .35rem; display: inline-grid; place-items: center; border-radius: 999px; background: var(--green); color: var(--on-green); font-size: .8rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.count[data-count="0"] { background: var(--tint); color: var(--soft); }

main { padding-block: 1.6rem 4rem; min-height: 55vh; }
.trail ol { display: flex; flex-wrap: wrap; gap: .2rem .5rem; font-size: .92rem; color: var(--soft); margin-bottom: 1.4rem; }
.trail li + li::before { content: "/"; margin-right: .5rem; color: var(--edge); }

.hero { position: relative; margin-bottom: 2.4rem; border-radius: 16px; overflow: hidden; background: #e6d9c2; }
.hero img { width: 100%; aspect-ratio: 16 / 8.4; object-fit: cover; object-position: 40% 70%; }
.hero-words { position: absolute; right: 0; top: 0; width: min(42%, 30rem); padding: clamp(1.2rem, 4vw, 3.4rem) clamp(1.2rem, 3vw, 2.6rem) 0 0; color: #24211c; }
.hero-words p { font-size: 1.1rem; }
.hero-words .button { background: #2f5142; border-color: #2f5142; color: #fffaf0; }
.hero-words .button:hover { background: #203a30; }
.rooms { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1.2rem; margin-bottom: 3.6rem; }
.rooms a { display: block; text-decoration: none; }
.rooms img { border-radius: var(--round); aspect-ratio: 4 / 3; object-fit: cover; width: 100%; margin-bottom: .8rem; }
.rooms h2 { margin-bottom: .2rem; font-size: 1.35rem; }
.rooms a:hover h2, .card a:hover .card-name { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .2em; }
.rooms p { color: var(--soft); font-size: .96rem; line-height: 1.45; margin: 0; }
.block { margin-block: 3.4rem 0; }
.block-title { font-size: 1.9rem; margin-bottom: 1.2rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15.5rem, 44%), 1fr)); gap: 2.2rem 1.2rem; }
.card a { text-decoration: none; display: block; }
.card img { border-radius: var(--round); width: 100%; aspect-ratio: 1; margin-bottom: .75rem; background: var(--tint); }
.card-name { font-size: 1.2rem; margin: 0; }
.card p { margin: 0; font-size: .95rem; line-height: 1.5; }
.card-maker, .card-variants { color: var(--soft); }
.card .card-price { font-weight: 600; font-size: 1rem; margin-top: .25rem; }
.thirds { grid-template-columns: repeat(3, 1fr); }
.card.next a { display: grid; place-content: center; aspect-ratio: 1; border-radius: var(--round); border: 1px solid var(--line); background: var(--tint); text-align: center; padding: 1rem; }
.card.next span { display: block; color: var(--soft); }
.card.next strong { font: 500 1.9rem/1.2 var(--serif); }
.tag { margin-left: .6rem; font-size: .78rem; font-weight: 650; color: var(--warm); border: 1px solid currentColor; border-radius: 999px; padding: .05rem .55rem; }
.band { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: center; justify-content: space-between; margin-block: 4rem; padding: 2rem clamp(1.2rem, 4vw, 3rem); border-radius: 16px; background: var(--tint); border: 1px solid var(--line); }
.band h2 { font-size: 1.8rem; margin-bottom: .2rem; } .band p { margin: 0; }
.makers { max-width: 44rem; margin-inline: auto; text-align: center; }
.makers h2 { font-size: 2rem; }

.list-head { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end; gap: 1rem 2rem; margin-bottom: 1.8rem; }
.list-head h1, .list-head p { margin-bottom: .2rem; }
.sort { display: flex; flex-wrap: wrap; gap: .3rem; font-size: .93rem; }
.sort a { text-decoration: none; padding: .4rem .85rem; border-radius: 999px; border: 1px solid transparent; color: var(--soft); }
.sort a:hover { border-color: var(--line); color: var(--ink); }
.sort a[aria-current] { border-color: var(--edge); color: var(--ink); }

.product { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: clamp(1.5rem, 4vw, 4rem); align-items: start; }
.product-picture img { border-radius: 16px; width: 100%; aspect-ratio: 1; background: var(--tint); }
.product-words { padding-top: .6rem; }
.product-words h1 { margin-bottom: .3rem; }
.maker { color: var(--soft); margin-bottom: .3rem; }
.product-price { font-size: 1.5rem; font-weight: 600; margin: 1.2rem 0; font-variant-numeric: tabular-nums; }
.price-now { color: var(--warm); } .price-was { color: var(--soft); font-weight: 400; font-size: .8em; }
.variants legend { font-weight: 600; margin-bottom: .5rem; }
.variant-row { display: flex; flex-wrap: wrap; gap: .6rem; }
.variant { position: relative; cursor: pointer; }
.variant input { position: absolute; inset: 0; opacity: 0; width: 100%; height: 100%; margin: 0; cursor: pointer; }
.variant-face { display: flex; align-items: center; gap: .5rem; padding: .5rem 1rem; min-height: 2.75rem; border: 1px solid var(--edge); border-radius: 999px; background: var(--card); }
.variant:hover .variant-face { border-color: var(--ink); }
.variant input:checked + .variant-face { border-color: var(--green); box-shadow: inset 0 0 0 1px var(--green); font-weight: 600; }
.variant input:focus-visible + .variant-face { outline: 3px solid var(--green); outline-offset: 3px; }
.variant input[data-left="0"] + .variant-face { border-style: dashed; color: var(--soft); }
.swatch { width: 1.15rem; height: 1.15rem; } .swatch circle { stroke: rgb(0 0 0 / .25); }
.stock { margin: 1rem 0; font-size: .96rem; display: flex; align-items: center; gap: .5rem; }
.stock::before { content: ""; width: .55rem; height: .55rem; border-radius: 50%; background: #4d8a5e; }
.stock.few::before { background: #c98a2b; } .stock.out::before { background: var(--edge); }
.buy { display: grid; grid-template-columns: 5rem 1fr; gap: .7rem; }
.buy select { border-radius: 999px; min-height: 3.1rem; padding-inline: 1.1rem; }
.promises { margin-top: 1.6rem; padding-top: 1.2rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .96rem; }
.promises li { padding-left: 1.3rem; position: relative; }
.promises li::before { content: ""; position: absolute; left: 0; top: .65em; width: .6rem; height: 1px; background: var(--edge); }
.product-more { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: clamp(1.5rem, 4vw, 4rem); margin-top: 3rem; }
.facts div { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: 1rem; padding: .55rem 0; border-top: 1px solid var(--line); }
.facts div:last-child { border-bottom: 1px solid var(--line); }
.facts dt { color: var(--soft); }

.basket, .checkout { display: grid; grid-template-columns: minmax(0, 1fr) minmax(17rem, 22rem); gap: clamp(1.5rem, 4vw, 3.5rem); align-items: start; }
.lines { border-top: 1px solid var(--line); }
.line { display: grid; grid-template-columns: 7rem 1fr auto 5.5rem; gap: .4rem 1.2rem; align-items: center; padding: 1.1rem 0; border-bottom: 1px solid var(--line); }
.line img { border-radius: 8px; }
.line h2 { font-size: 1.2rem; margin: 0; } .line h2 a { text-decoration: none; } .line h2 a:hover { text-decoration: underline; }
.line p { margin: 0; font-size: .95rem; color: var(--soft); }
.line-tools { display: grid; gap: .3rem; justify-items: start; font-size: .93rem; }
.line-tools form { display: flex; gap: .4rem; }
.quantity { width: 5rem !important; min-height: 2.6rem !important; }
.scripted .no-script { display: none; }
.line .line-sum { text-align: right; font-weight: 600; color: var(--ink); font-variant-numeric: tabular-nums; }
.sum, .panel { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.5rem; }
.sum h2, .panel h2, .panel legend { font: 500 1.35rem/1.2 var(--serif); margin-bottom: 1rem; }
.sum dl > div, .sum-list > div { display: flex; justify-content: space-between; gap: 1rem; padding: .3rem 0; font-variant-numeric: tabular-nums; }
.sum .total, .sum-list .total { border-top: 1px solid var(--line); margin-top: .5rem; padding-top: .8rem; font-weight: 650; font-size: 1.12rem; }
.saved { color: var(--warm); }
.sum > p:has(.button) { margin-top: 1.2rem; }
.sum-lines { border-bottom: 1px solid var(--line); margin-bottom: .7rem; padding-bottom: .7rem; }
.sum-lines li { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; font-variant-numeric: tabular-nums; }
.coupon { margin-block: 1.2rem .8rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.coupon label { font-size: .95rem; }
.coupon-row, .letter-row { display: grid; grid-template-columns: 1fr auto; gap: .5rem; margin-top: .3rem; }
.coupon-row input, .letter-row input { min-height: 2.6rem !important; }
.empty { text-align: center; padding: 4rem 0; } .empty .lead { margin-inline: auto; }

.steps { display: flex; gap: .5rem 2.4rem; flex-wrap: wrap; counter-reset: step; margin: .4rem 0 2rem; }
.steps li { counter-increment: step; color: var(--soft); display: flex; align-items: center; gap: .6rem; }
.steps li::before { content: counter(step); width: 1.8rem; height: 1.8rem; display: grid; place-items: center; border: 1px solid var(--edge); border-radius: 50%; font-size: .9rem; }
.steps [aria-current] { color: var(--ink); font-weight: 600; }
.steps [aria-current]::before, .steps .done::before { background: var(--green); border-color: var(--green); color: var(--on-green); }
.steps .done::before { content: "✓"; }
.field { margin-bottom: 1rem; } .field label { display: block; margin-bottom: .25rem; font-size: .97rem; }
.field .note { margin-top: .3rem; } .wrong { color: var(--warm); margin: .3rem 0 0; font-size: .95rem; }
.field-row { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; }
.panel > .button, .panel > form > .button { margin-top: 1.3rem; }
.panel > h2 + .note { margin-block: -.4rem 1.2rem; }
.option { display: flex; gap: .9rem; align-items: center; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 10px; margin-bottom: .6rem; cursor: pointer; }
.option:hover { border-color: var(--edge); }
.option:has(:checked) { border-color: var(--green); box-shadow: inset 0 0 0 1px var(--green); }
.option input { width: 1.25rem; height: 1.25rem; flex: none; margin: 0; }
.option-words { flex: 1; display: grid; } .option-title { font-weight: 600; } .option-note { color: var(--soft); font-size: .95rem; }
.option-price { font-variant-numeric: tabular-nums; }
.thanks { padding-block: 1.5rem; } .thanks .sum-lines { margin-top: 2rem; } .thanks .sum-list { margin-bottom: 2rem; }
.accounts { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; align-items: start; max-width: 60rem; }
.orders { width: 100%; border-collapse: collapse; font-size: .95rem; }
.orders th, .orders td { text-align: left; padding: .5rem .6rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.orders th { color: var(--soft); font-weight: 500; } .orders .right { text-align: right; padding-right: 0; white-space: nowrap; }
.narrow h2 { margin-top: 1.8rem; }

.footer { border-top: 1px solid var(--line); padding-block: 3rem 3.8rem; background: var(--tint); }
.footer-grid { display: grid; grid-template-columns: 1.2fr .7fr .9fr 1.6fr; gap: 2rem; }
.footer h2 { font: 600 1rem/1.4 var(--sans); margin-bottom: .6rem; }
.footer-brand { font: 500 1.4rem/1.2 var(--serif); margin-bottom: .5rem; }
.footer p { font-size: .95rem; color: var(--soft); }
.footer li a, .footer li button { display: inline-block; padding: .2rem 0; text-decoration: none; min-height: 24px; }
.footer li a:hover, .footer li button:hover { text-decoration: underline; }
.letter label { font-size: .95rem; color: var(--soft); }
.footer .footer-brand { color: var(--ink); font-size: 1.4rem; }
.footer-line { margin: 2rem auto 0 !important; padding-top: 1.2rem; border-top: 1px solid var(--line); }
.toast { position: fixed; right: 1.2rem; top: 1.2rem; max-width: min(24rem, 100% - 2.4rem); margin: 0; padding: .9rem 1.2rem; background: var(--ink); color: var(--paper); border-radius: 10px; box-shadow: 0 8px 30px rgb(var(--shadow) / .3); z-index: 25; visibility: hidden; opacity: 0; translate: 0 -.6rem; }
.toast.shown { visibility: visible; opacity: 1; translate: 0; }

.consent { position: fixed; left: 1.2rem; bottom: 3.4rem; width: min(27rem, 100% - 2.4rem); padding: 1.3rem 1.4rem; background: var(--card); border: 1px solid var(--edge); border-radius: 14px; box-shadow: 0 12px 40px rgb(var(--shadow) / .28); z-index: 20; }
.consent h2 { font-size: 1.25rem; margin-bottom: .4rem; }
.consent p { font-size: .94rem; line-height: 1.5; margin-bottom: .9rem; }
.consent-now { color: var(--soft); }
.consent-buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; }

body:has(.strip [open]) .consent { bottom: auto; top: 1.2rem; }
.strip { position: fixed; inset: auto 0 0 0; z-index: 15; font: 400 .84rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; background: #101418; color: #dbe4ea; border-top: 2px dashed #4f9d86; }
.strip summary { display: flex; align-items: center; gap: .7rem; padding: .45rem 1.2rem; cursor: pointer; list-style: none; min-height: 2.2rem; }
.strip summary::-webkit-details-marker { display: none; }
.strip summary::after { content: "show"; margin-left: auto; color: #9fb2bd; } .strip [open] summary::after { content: "hide"; }
.strip :focus-visible { outline-color: #7fd1b6; outline-offset: -3px; }
.strip summary span:nth-child(2) { white-space: nowrap; flex: none; }
.strip-mark { flex: none; width: .7rem; height: .7rem; border-radius: 2px; background: repeating-linear-gradient(45deg, #7fd1b6 0 2px, #2b5a4d 2px 4px); }
.strip-state { color: #9fb2bd; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.strip-body { padding: .2rem 1.2rem .9rem; max-height: 38vh; overflow: auto; }
.strip-links { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin-bottom: .5rem; }
.strip-links a { color: #9fe0c8; padding: .1rem 0; } .strip-links span { color: #9fb2bd; }
.strip li { display: grid; grid-template-columns: 5.5rem 13rem 1fr; gap: .8rem; border-top: 1px solid #263038; padding: .2rem 0; }
.strip li span:first-child, .strip li span:last-child { color: #9fb2bd; } .strip li span:last-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

@media (max-width: 62rem) {
  .header-row { grid-template-columns: 1fr auto; }
  .nav { order: 3; grid-column: 1 / -1; justify-content: space-between; overflow-x: auto; gap: 1rem; }
  .header search { order: 4; grid-column: 1 / -1; }
  .rooms { grid-template-columns: 1fr 1fr; gap: 1.6rem 1.2rem; }
  .footer-grid { grid-template-columns: 1fr 1fr; }
}
@media (max-width: 46rem) {
  body { font-size: 1rem; }
  .wrap { width: min(100% - 2rem, 75rem); }
  .header-row { gap: .6rem 1rem; padding-block: .7rem .6rem; }
  .tool-word { display: none; } .tools { gap: 1.1rem; }
  .hero { background: none; border-radius: 0; overflow: visible; }
  .hero img { aspect-ratio: 4 / 3; border-radius: 14px; object-position: 62% 70%; }
  .hero-words { position: static; width: auto; padding: 1.2rem 0 0; color: var(--ink); }
  .rooms p { display: none; }
  .grid { gap: 1.6rem .9rem; } .thirds { grid-template-columns: 1fr 1fr; }
  .product, .product-more, .basket, .checkout, .accounts { grid-template-columns: minmax(0, 1fr); }
  .product-words { padding: 0; }
  .steps { gap: .5rem 1.1rem; } .steps li { gap: .4rem; }
  .line { grid-template-columns: 5rem 1fr auto; align-items: start; }
  .line > img { grid-row: span 2; }
  .line-tools { grid-column: 2; grid-row: 2; display: flex; gap: 1.2rem; align-items: center; }
  .line-sum { grid-column: 3; grid-row: 1; }
  .facts div { grid-template-columns: 7.5rem 1fr; }
  .field-row { grid-template-columns: 7rem 1fr; }
  .footer-grid { grid-template-columns: 1fr 1fr; } .footer-grid > :first-child, .letter { grid-column: 1 / -1; }
  .consent { left: 1rem; right: 1rem; width: auto; padding: 1.1rem; }
  .strip li { grid-template-columns: 1fr; gap: 0; }
  .strip-links span { display: none; }
  .orders thead { position: absolute; clip-path: inset(50%); } .orders tr { display: grid; grid-template-columns: 1fr auto; border-bottom: 1px solid var(--line); padding: .5rem 0; } .orders td { border: 0; padding: .1rem 0; } .orders td:nth-child(3) { grid-column: 1; color: var(--soft); } .orders .right { grid-column: 2; grid-row: 1 / span 2; font-weight: 600; } .orders td:nth-child(2) { grid-column: 1; color: var(--soft); }
}
@media (prefers-reduced-motion: no-preference) {
  .toast { transition: opacity .18s, translate .18s, visibility .18s; }
  .button, .variant-face, .option { transition: background-color .12s, border-color .12s; }
}
@media (forced-colors: active) { .button, .variant-face, .option, .consent { border: 1px solid; } }
`;
