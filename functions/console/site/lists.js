// Lists of sagas. Rows are changed where they stand; what comes and goes is announced, and shown when somebody asks:
// nothing moves under a pointer.
import { html, useEffect, useMemo, useState } from "./htm-preact.js";
import { read } from "./api.js";
import { usePolled } from "./live.js";
import { Download, Head, Instant, State, Theirs, Trouble, Waiting } from "./parts.js";
import { setQuery, toSaga } from "./router.js";
import { list, plain, spoken } from "./words.js";
import { Groups } from "./groups.js";

export const LISTS = {
  deadlines: { place: "sagas", tab: "Running", title: "Running and being taken back", about: "What is due next comes first.", when: "Due", at: (saga) => saga.deadline },
  parked: { place: "parked", tab: "Parked", title: "Parked", about: "What waits for a person, the longest first.", when: "Since", at: (saga) => saga.parked_since },
  ended: { place: "ended", tab: "Ended badly", title: "Ended badly", about: "What failed, ran out of time or was cancelled.", when: "Ended", at: (saga) => saga.ended_at },
  own: { place: "own", tab: "Yours", title: "Your executions", about: "The newest first.", when: "Begun", at: (saga) => saga.created_at },
};
export const listAt = (place) => Object.keys(LISTS).find((kind) => LISTS[kind].place === place);
// The API's own word for each list.
const ORDERS = { deadlines: "deadlines", parked: "parked", ended: "ended", own: "owner" };

export const listsFor = (who) => (who.role === "owner" ? ["own"] : ["deadlines", "parked", "ended"]);

export const pathOf = (kind, token, size = 50) =>
  `sagas?order=${ORDERS[kind]}&page_size=${size}${token ? `&page_token=${encodeURIComponent(token)}` : ""}`;
const keyOf = (saga) => `${plain(saga.saga_name)}/${plain(saga.execution_id)}`;

export function ListPage({ kind, route, who }) {
  const about = LISTS[kind];
  const page = usePolled(pathOf(kind));
  const [rows, setRows] = useState(null);
  const [next, setNext] = useState(null);
  const [more, setMore] = useState({ busy: false, problem: null, pages: 1 });
  const [grouped, group] = useState(false); // counting all that runs is not for every look
  const fresh = list(page.body?.sagas);

  useEffect(() => {
    if (!page.body) return;
    if (rows === null) return show();
    const known = new Map(fresh.map((saga) => [keyOf(saga), saga]));
    setRows(rows.map((saga) => known.get(keyOf(saga)) ?? saga));
  }, [page.body]);

  function show() {
    setRows(fresh);
    setNext(page.body.next_page_token ?? null);
    setMore({ busy: false, problem: null, pages: 1 });
  }
  async function goOn() {
    setMore({ ...more, busy: true, problem: null });
    try {
      const { body } = await read(pathOf(kind, next));
      const shown = new Set(rows.map(keyOf));
      setRows([...rows, ...list(body.sagas).filter((saga) => !shown.has(keyOf(saga)))]);
      setNext(body.next_page_token ?? null);
      setMore({ busy: false, problem: null, pages: more.pages + 1 });
    } catch (problem) {
      setMore({ ...more, busy: false, problem });
    }
  }

  const changed = useMemo(() => difference(rows, fresh, more.pages), [rows, page.body]);
  const filter = { text: route.query.get("has") ?? "", state: route.query.get("state") ?? "" };
  const shown = (rows ?? []).filter((saga) => fits(saga, filter));
  const states = [...new Set((rows ?? []).map((saga) => plain(saga.state)).filter(Boolean))].sort();
  if (page.problem?.isNotServed && !page.body) {
    return html`<div><${Head} title=${about.title} /><p>This list is not served to you here.</p></div>`;
  }
  return html`<div>
    <${Head} title=${about.title} page=${page}>
      <${Download} name=${`sagas-${kind}.json`} content=${() => ({ list: kind, as_of: page.body?.as_of ?? null, complete: !next, sagas: shown })} />
    <//>
    <p class="about">${about.about}</p>
    <${Trouble} problem=${page.problem} again=${page.refresh} />
    <${Waiting} page=${page} />
    ${kind === "parked" && html`<${Groups} who=${who} of="parked" />`}
    ${kind === "deadlines" && html`<p><button type="button" aria-expanded=${grouped ? "true" : "false"} onClick=${() => group(!grouped)}>In groups</button></p>`}
    ${kind === "deadlines" && grouped && html`<${Groups} who=${who} of="deadlines" />`}
    ${rows && html`<div>
      <form class="filters" onSubmit=${(event) => event.preventDefault()}>
        <label>Has <input type="search" value=${filter.text} placeholder="id, reason, owner, image" onInput=${(event) => setQuery(route, { has: event.target.value })} /></label>
        <label>State <select value=${filter.state} onChange=${(event) => setQuery(route, { state: event.target.value })}>
          <option value="">any</option>
          ${[...new Set([...states, filter.state].filter(Boolean))].map((state) => html`<option key=${state} value=${state}>${state}</option>`)}
        </select></label>
        <span class="count" role="status">${counted(shown.length, rows.length, next)}</span>
        <span class="announce" role="status">${changed && html`<button type="button" onClick=${show}>${changed} Show the list as it is now</button>`}</span>
      </form>
      ${shown.length ? html`<${Table} sagas=${shown} about=${about} />` : html`<p class="empty">${rows.length ? "None of what is loaded fits the filter." : next ? "Nothing on this page; there is more." : "Nothing."}</p>`}
      <${Trouble} problem=${more.problem} />
      ${next && html`<p><button type="button" disabled=${more.busy} onClick=${goOn}>${more.busy ? "Asking" : "More"}</button></p>`}
    </div>`}</div>`;
}

function counted(shown, loaded, next) {
  const filtered = shown === loaded ? `${loaded}` : `${shown} of ${loaded}`;
  return next ? `${filtered} loaded, and there are more` : `${filtered}, and no more`;
}

// In words, what a fresh first page has and the shown one has not.
function difference(rows, fresh, pages) {
  if (rows === null) return "";
  const shown = new Set(rows.map(keyOf));
  const now = new Set(fresh.map(keyOf));
  const came = fresh.filter((saga) => !shown.has(keyOf(saga))).length;
  const went = pages > 1 ? 0 : rows.filter((saga) => !now.has(keyOf(saga))).length;
  const told = [came && `${came} new.`, went && `${went} moved on or gone.`].filter(Boolean);
  return told.length ? told.join(" ") : "";
}

function fits(saga, { text, state }) {
  if (state && plain(saga.state) !== state) return false;
  return !text || JSON.stringify(saga).toLowerCase().includes(text.toLowerCase());
}

function Table({ sagas, about }) {
  return html`<div class="wide" role="region" aria-label="Sagas" tabindex="0"><table class="sagas">
    <thead><tr><th scope="col">Execution</th><th scope="col">State</th><th scope="col">Why</th><th scope="col">${about.when}</th><th scope="col">Language</th><th scope="col">Owner</th></tr></thead>
    <tbody>${sagas.map((saga) => html`<${Row} key=${keyOf(saga)} saga=${saga} about=${about} />`)}</tbody>
  </table></div>`;
}

function Row({ saga, about }) {
  const parked = list(saga.parked);
  return html`<tr>
    <th scope="row"><a class="mono" href=${toSaga(saga)}>${plain(saga.execution_id) || "?"}</a><small>${spoken(saga.saga_name)}</small></th>
    <td><${State} saga=${saga} /></td>
    <td>${saga.unreadable ? html`<${Theirs} text=${saga.unreadable} />` : parked.length ? html`${parked.map(spoken).join(", ")}${saga.reason && html` <small>${plain(saga.reason)}</small>`}` : html`<${Theirs} text=${saga.reason} />`}</td>
    <td><${Instant} at=${about.at(saga) ?? null} /></td>
    <td><${Theirs} text=${saga.language} /></td>
    <td><${Theirs} text=${saga.owner} /></td>
  </tr>`;
}
