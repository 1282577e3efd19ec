// What happened, in order: what the machine recorded and what people did, with the time between.
import { html, useState } from "./htm-preact.js";
import { Instant, Theirs } from "./parts.js";
import { between, instant } from "./times.js";
import { cause, isProblem, list, plain } from "./words.js";

// A person's act is in both, by the same instant; it is told once, by the one who did it.
function entriesOf(saga, acts) {
  const machine = list(saga.timeline).map((entry) => ({ ...entry, kind: plain(entry.event_id).startsWith("act:") ? "consequence" : "machine" }));
  const early = list(saga.early_events).map((entry) => ({ ...entry, kind: "early" }));
  const people = list(acts).map((act) => ({ ...act, kind: "person" }));
  return [...machine, ...early, ...people]
    .map((entry, order) => ({ entry, order, at: instant(entry.at) ?? 0 }))
    .sort((a, b) => a.at - b.at || (a.entry.kind === "person" ? -1 : 0) - (b.entry.kind === "person" ? -1 : 0) || a.order - b.order)
    .map(({ entry }) => entry);
}

export function Timeline({ saga, acts }) {
  const [problems, set] = useState(false);
  const all = entriesOf(saga, acts);
  const shown = all.filter((entry) => !problems || entry.kind === "person" || isProblem(entry));
  return html`<section aria-label="Timeline">
    <h2>Timeline <label class="inline"><input type="checkbox" checked=${problems} onChange=${(event) => set(event.target.checked)} /> problems only</label></h2>
    ${shown.length ? html`<ol class="timeline">${shown.map((entry, at) => html`<${Entry} key=${at} entry=${entry} before=${shown[at - 1]} />`)}</ol>` : html`<p class="empty">${all.length ? "No problem is on record." : "Nothing is on record."}</p>`}
  </section>`;
}

function Entry({ entry, before }) {
  const passed = before ? between(before.at, entry.at) : "";
  return html`<li class="${entry.kind} ${entry.kind !== "person" && isProblem(entry) ? "problem" : ""}">
    <span class="when"><${Instant} full at=${entry.at} relative=${false} />${passed && html` <span class="ago">+${passed}</span>`}</span>
    <span class="what">${entry.kind === "person" ? html`<${ByPerson} act=${entry} />` : html`<${ByMachine} entry=${entry} />`}</span>
  </li>`;
}

const ByPerson = ({ act }) => html`<span>
  <strong><bdi>${plain(act.actor)}</bdi></strong> ${act.verb === "note" ? "notes" : plain(act.verb)}
  ${act.reason && html`<q><bdi>${plain(act.reason)}</bdi></q>`}
  ${act.verified === false && html` <small>the name is not verified</small>`}</span>`;

const ByMachine = ({ entry }) => html`<span>
  <strong><bdi>${cause(entry)}</bdi></strong>
  ${entry.kind === "early" && html` <small>before its beginning</small>`}
  ${entry.actor && html` by <${Theirs} text=${entry.actor} />${entry.trusted === false && html` <small>without the right to</small>`}`}
  ${entry.late && html` <small>after the end</small>`}
  ${list(entry.messages).length > 0 && html`<span class="sent">sends ${list(entry.messages).map((each) => html`<code key=${plain(each)}>${plain(each)}</code> `)}</span>`}
  <small class="mono id"><bdi>${plain(entry.event_id)}</bdi></small></span>`;
