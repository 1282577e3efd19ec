// Small pieces that every page is made of.
import { html, useState } from "./htm-preact.js";
import { useLive, useNow } from "./live.js";
import { ago, local, span, utc } from "./times.js";
import { plain, stateWord, tone } from "./words.js";

export const State = ({ saga }) => html`<span class="state ${tone(saga)}"><bdi>${stateWord(saga)}</bdi></span>`;

// In UTC, as everybody on a call says it; `full` has the local time beside it.
export function Instant({ at, relative = true, full = false }) {
  const now = useNow();
  if (at == null) return html`<span class="none">–</span>`;
  return html`<time datetime=${plain(at)} title=${`${utc(at)}, ${local(at)}`}>
    ${utc(at, full ? 0 : now)}${full && html` <span class="here">${local(at)}</span>`}${relative && html` <span class="ago">${ago(at, now)}</span>`}
  </time>`;
}

export function Copy({ text, what }) {
  const [done, set] = useState(false);
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => {
        set(true);
        setTimeout(() => set(false), 1500);
      },
      () => {},
    );
  return html`<button type="button" class="quiet small" onClick=${copy} aria-label=${`Copy ${what}`}>${done ? "copied" : "copy"}</button>`;
}

export const Mono = ({ children }) => html`<bdi class="mono">${children}</bdi>`;

// A user's own words, kept apart from ours whatever their direction.
export const Theirs = ({ text }) => (text == null || text === "" ? html`<span class="none">–</span>` : html`<bdi>${plain(text)}</bdi>`);

export function Trouble({ problem, again }) {
  if (!problem) return null;
  const code = problem.code ? html` <span class="mono">${problem.code}</span>` : null;
  return html`<div class="trouble" role="alert">
    <p><strong>${problem.message}</strong>${code}</p>
    ${again && html`<button type="button" onClick=${again}>Ask again</button>`}
  </div>`;
}

export function Age({ seen, problem }) {
  const now = useNow();
  const { paused } = useLive();
  if (!seen) return html`<span class="age">${problem ? "nothing yet" : "asking"}</span>`;
  const old = Math.max(0, now - seen);
  const stale = problem || paused || old > 20_000;
  return html`<span class="age ${stale ? "stale" : ""}">as of ${utc(new Date(seen).toISOString(), now)}, ${old < 1500 ? "just now" : `${span(old)} ago`}</span>`;
}

export function Head({ title, page, children }) {
  return html`<div class="head">
    <h1 tabindex="-1">${title}</h1>
    <div class="tools">${children}${page && html`<${Age} ...${page} />`}</div>
  </div>`;
}

// What is shown, as a file: made here, and sent nowhere.
export function Download({ name, content, children = "JSON" }) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([JSON.stringify(content(), null, 1)], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return html`<button type="button" class="quiet" onClick=${save} title="Save what is shown as a file">${children}</button>`;
}

export const Waiting = ({ page }) =>
  page.body || page.problem ? null : html`<p class="waiting" role="status">Asking the API.</p>`;

// A field and its value; what is empty is left out.
export function Facts({ facts }) {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="facts">
    ${shown.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}
