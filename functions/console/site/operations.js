// One verb for many sagas: a set that was frozen, how far it is, and what became of each.
import { html } from "./htm-preact.js";
import { usePolled } from "./live.js";
import { Download, Facts, Head, Instant, Mono, Theirs, Trouble, Waiting } from "./parts.js";
import { linkTo, toSaga } from "./router.js";
import { list, plain, spoken } from "./words.js";
import { useWish } from "./wish.js";

const filterOf = (operation) => Object.entries(operation.filter ?? {}).filter(([, value]) => value).map(([name, value]) => `${spoken(name)} ${plain(value)}`).join(", ");
const progressOf = (operation) => Object.entries(operation.progress ?? {}).filter(([, count]) => count).map(([fate, count]) => `${spoken(fate)} ${plain(count)}`).join(", ");
const acts = (who) => who.role === "operator" || who.role === "admin";

export const prepare = (group, of, verb) => ({
  name: `Prepare a ${verb} of`,
  target: `${plain(group.count)}: ${[group.reason, group.step, group.saga_name, group.language].filter(Boolean).map(spoken).join(", ")}`,
  does: "All that fit now are read and written down; nothing is done to any of them. Then you see the set, and begin it or leave it.",
  path: "operations",
  reason: true,
  made: () => ({
    verb,
    of,
    before: group.as_of,
    filter: Object.fromEntries(["reason", "step", "saga_name", "language"].filter((part) => group[part]).map((part) => [part, group[part]])),
  }),
});

export function OperationsPage() {
  const page = usePolled("operations?page_size=50");
  if (page.problem?.isNotServed && !page.body) return html`<div><${Head} title="Operations" /><p>Operations are not served to you here.</p></div>`;
  const rows = list(page.body?.operations);
  return html`<div>
    <${Head} title="Operations" page=${page} />
    <p class="about">One verb for many sagas, the newest first. One is prepared from a group on the page of what is parked, or of what runs.</p>
    <${Trouble} problem=${page.problem} again=${page.refresh} /><${Waiting} page=${page} />
    ${page.body && (rows.length ? html`<div class="wide" role="region" aria-label="Operations" tabindex="0"><table>
      <thead><tr><th scope="col">Operation</th><th scope="col">State</th><th scope="col">Of</th><th scope="col">Sagas</th><th scope="col">Outcome</th><th scope="col">Prepared</th></tr></thead>
      <tbody>${rows.map((each) => html`<tr key=${plain(each.id)}>
        <th scope="row"><a href=${linkTo(["operations", plain(each.id)])}>${spoken(each.verb)} <span class="mono">${plain(each.id)}</span></a></th>
        <td><span class="state quiet">${spoken(each.state)}</span></td><td>${spoken(each.of)}, ${filterOf(each)}</td><td class="number">${plain(each.count)}</td><td>${progressOf(each)}</td>
        <td><${Instant} at=${each.prepared?.at} /> <${Theirs} text=${each.prepared?.actor} /></td>
      </tr>`)}</tbody></table></div>` : html`<p class="empty">None was prepared.</p>`)}</div>`;
}

export function OneOperation({ id, who }) {
  const path = `operations/${encodeURIComponent(id)}`;
  const page = usePolled(path);
  const items = usePolled(`${path}/items?page_size=100`);
  const [shown, wish] = useWish((answer) => {
    page.refresh();
    items.refresh();
    return answer ? `It is ${spoken(answer.operation?.state)}.` : "";
  });
  const operation = page.body;
  if (!operation) return html`<div><${Head} title="Operation" />${page.problem ? html`<${Trouble} problem=${page.problem} again=${page.refresh} />` : html`<${Waiting} page=${page} />`}</div>`;
  const may = acts(who) && !operation.ended_at;
  const wishes = [
    may && operation.state === "prepared" && { name: "Start", does: `${spoken(operation.verb)} is done to each of ${plain(operation.count)} sagas, some ten a second. What has changed since it was prepared is left alone.`, reason: true, path: `${path}/start` },
    may && { name: "Abort", does: "Nothing more is done. What was done stays done.", path: `${path}/abort` },
  ].filter(Boolean);
  const rows = list(items.body?.items);
  return html`<div>
    <${Head} title=${`Operation: ${spoken(operation.verb)} ${plain(operation.count)}`} page=${page}><${Download} name=${`operation-${plain(operation.id)}.json`} content=${() => ({ operation, items: rows, complete: !items.body?.next_page_token })} /><//>
    <p class="why">It is ${spoken(operation.state)}: ${progressOf(operation) || "nothing yet"}.</p>
    <div class="verbs" role="group" aria-label="Verbs">${wishes.map((each) => html`<button key=${each.name} type="button" onClick=${() => wish({ ...each, target: `${spoken(operation.verb)} of ${plain(operation.count)}`, etag: operation.etag })}>${each.name}</button>`)}${shown}</div>
    <${Facts} facts=${[
      ["Of", `${spoken(operation.of)}, ${filterOf(operation)}`],
      ["Before", html`<${Instant} full at=${operation.before} />`],
      ...["prepared", "started", "aborted"].map((what) => [what[0].toUpperCase() + what.slice(1), operation[what] && html`<span><${Instant} full at=${operation[what].at} /> by <${Theirs} text=${operation[what].actor} />${operation[what].reason && html`: <q><bdi>${plain(operation[what].reason)}</bdi></q>`}</span>`]),
      ["Start before", operation.start_before && html`<${Instant} full at=${operation.start_before} />`],
      ["Ended", operation.ended_at && html`<${Instant} full at=${operation.ended_at} />`],
      ["Unreadable", operation.unreadable || null],
    ]} />
    <h2>The set</h2>
    <${Trouble} problem=${items.problem} again=${items.refresh} />
    ${rows.length > 0 && html`<div class="wide" role="region" aria-label="The set" tabindex="0"><table>
      <thead><tr><th scope="col">Execution</th><th scope="col">Step</th><th scope="col">Outcome</th></tr></thead>
      <tbody>${rows.map((item) => html`<tr key=${plain(item.position)}><th scope="row"><a class="mono" href=${toSaga(item)}>${plain(item.execution_id)}</a></th><td>${spoken(item.step)}</td><td>${spoken(item.outcome) || "–"} ${item.code && html`<${Mono}>${plain(item.code)}<//>`}</td></tr>`)}</tbody></table></div>`}
    ${items.body?.next_page_token && html`<p class="about">The first ${rows.length} of ${plain(operation.count)}.</p>`}</div>`;
}
