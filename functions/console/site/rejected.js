// Events that were refused: why, from where, how often, and what may be done with one. Its bytes are never shown.
import { html, useState } from "./htm-preact.js";
import { ActsTable } from "./acts.js";
import { read } from "./api.js";
import { usePolled } from "./live.js";
import { Download, Facts, Head, Instant, Mono, Theirs, Trouble, Waiting } from "./parts.js";
import { linkTo } from "./router.js";
import { list, plain, spoken } from "./words.js";
import { useWish } from "./wish.js";

export function RejectedPage({ route }) {
  const reason = route.query.get("reason") ?? "";
  const first = `rejected?page_size=50${reason ? `&reason=${encodeURIComponent(reason)}` : ""}`;
  const page = usePolled(first);
  const groups = usePolled("rejected/groups", 15_000);
  const [more, setMore] = useState({ of: "", rows: [], next: undefined, problem: null });
  const own = more.of === first ? more : { of: first, rows: [], next: undefined, problem: null };
  const rows = [...list(page.body?.rejected), ...own.rows];
  const next = own.next === undefined ? page.body?.next_page_token : own.next;
  async function goOn() {
    try {
      const { body } = await read(`${first}&page_token=${encodeURIComponent(next)}`);
      const shown = new Set(rows.map((row) => row.id));
      setMore({ of: first, rows: [...own.rows, ...list(body.rejected).filter((row) => !shown.has(row.id))], next: body.next_page_token, problem: null });
    } catch (problem) {
      setMore({ ...own, problem });
    }
  }
  if (page.problem?.isNotServed && !page.body) return html`<div><${Head} title="Rejected" /><p>Rejected events are not served to you here.</p></div>`;
  return html`<div>
    <${Head} title="Rejected" page=${page}>${page.body && html`<${Download} name="rejected.json" content=${() => ({ as_of: page.body.as_of, complete: !next, rejected: rows })} />`}<//>
    <p class="about">Events that no saga took, the newest first. Nothing of them is lost: mend the cause, then redrive, or drop with a reason.</p>
    <${Trouble} problem=${page.problem} again=${page.refresh} />
    <${Waiting} page=${page} />
    ${list(groups.body?.groups).length > 0 && html`<ul class="reasons">${list(groups.body.groups).map((group) => html`<li key=${JSON.stringify(group)}><a href=${linkTo(["rejected"], { reason: plain(group.reason) })}>${spoken(group.reason)}</a> <small>${[group.event_type, group.function].filter(Boolean).map(plain).join(", ")}</small> <span>${plain(group.count)}${groups.body.more ? "+" : ""}</span></li>`)}</ul>`}
    ${reason && html`<p>Only those with the reason <bdi>${reason}</bdi>. <a href="#/rejected">All of them</a></p>`}
    ${page.body && (rows.length ? html`<div class="wide" role="region" aria-label="Rejected events" tabindex="0"><table>
      <thead><tr><th scope="col">Reason</th><th scope="col">Event</th><th scope="col">Execution</th><th scope="col">From</th><th scope="col">First</th><th scope="col">Copies</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.id}>
        <th scope="row"><a href=${linkTo(["rejected", plain(row.id)])}>${spoken(row.reason) || "no reason"}</a>${row.field && html`<small><bdi>${plain(row.field)}</bdi>${row.rule && html`: <bdi>${plain(row.rule)}</bdi>`}</small>`}</th>
        <td><${Theirs} text=${row.event_type} /></td><td><${Theirs} text=${row.execution_id} /></td><td><${Theirs} text=${row.source} /></td>
        <td><${Instant} at=${row.first_at} /></td><td class="number">${plain(row.copies)}</td>
      </tr>`)}</tbody></table></div>` : html`<p class="empty">Nothing is rejected that nobody has settled.</p>`)}
    <${Trouble} problem=${own.problem} />
    ${next && html`<p><button type="button" onClick=${goOn}>More</button></p>`}</div>`;
}

export const WISHES = {
  redrive: { name: "Redrive", does: "Its bytes go once more to the function that refused them, as they are. If the cause is still there, it is rejected again." },
  drop: { name: "Drop", does: "Nobody will deliver it. It opens by itself when it comes again.", reason: true },
};

export function OneRejected({ id, who }) {
  const page = usePolled(`rejected/${encodeURIComponent(id)}`);
  const [shown, wish] = useWish((answer) => {
    page.refresh();
    return answer ? `Done: ${spoken(answer.result)}.` : "";
  });
  const event = page.body;
  if (!event) return html`<div><${Head} title="Rejected event" />${page.problem ? html`<${Trouble} problem=${page.problem} again=${page.refresh} />` : html`<${Waiting} page=${page} />`}</div>`;
  const open = plain(event.state) === "open";
  const offered = open ? Object.keys(WISHES).filter((verb) => who.may.includes(verb)) : [];
  return html`<div>
    <${Head} title=${`Rejected: ${spoken(event.reason)}`} page=${page} />
    <p class="why">It is ${spoken(event.state)}. It came ${event.copies === 1 ? "once" : `${plain(event.copies)} times`}${event.function && html`, and <span class="mono">${plain(event.function)}</span> refused it`}.${event.rule && html` The rule: <bdi>${plain(event.rule)}</bdi>.`}</p>
    <div class="verbs" role="group" aria-label="Verbs">
      ${offered.map((verb) => html`<button key=${verb} type="button" onClick=${() => wish({ ...WISHES[verb], target: "this event", path: `rejected/${encodeURIComponent(id)}/${verb}`, etag: event.etag })}>${WISHES[verb].name}</button>`)}
      ${shown}
    </div>
    <${Facts} facts=${[
      ["Field", event.field && html`<${Theirs} text=${event.field} />`],
      ["Event type", event.event_type && html`<${Theirs} text=${event.event_type} />`],
      ["Execution", event.execution_id && html`<a class="mono" href=${linkTo(["executions", plain(event.execution_id)])}>${plain(event.execution_id)}</a>`],
      ["Event id", event.event_id && html`<${Theirs} text=${event.event_id} />`],
      ["Source", event.source && html`<${Theirs} text=${event.source} />`],
      ["Position", event.position && html`<${Theirs} text=${event.position} />`],
      ["First", html`<${Instant} full at=${event.first_at} />`],
      ["Last", html`<${Instant} full at=${event.last_at} />`],
      ["Size", event.size != null && `${plain(event.size)} bytes`],
      ["Digest", event.digest && html`<${Mono}>${plain(event.digest)}<//>`],
      ["Bytes kept until", event.bytes_kept_until && html`<${Instant} full at=${event.bytes_kept_until} />`],
      ["Settled", event.settled_at && html`<span><${Instant} full at=${event.settled_at} /> by <${Theirs} text=${event.settled_by} /></span>`],
    ]} />
    ${list(event.acts).length > 0 && html`<h2>Acts</h2><${ActsTable} acts=${list(event.acts)} />`}</div>`;
}
