// Limits: how much of each is taken, by whom, and what an administrator puts in a setting's place.
import { html } from "./htm-preact.js";
import { usePolled } from "./live.js";
import { Facts, Head, Instant, Theirs, Trouble, Waiting } from "./parts.js";
import { linkTo } from "./router.js";
import { list, plain } from "./words.js";
import { useWish } from "./wish.js";

const until = (form) => (form.until ? { until: new Date(form.until).toISOString() } : {});
const UNTIL = { name: "until", label: "Until, in your own time (may be left out)", type: "datetime-local" };
export const WISHES = {
  close: { name: "Close", does: "No new execution is admitted. What runs goes on, and what comes meanwhile is refused.", reason: true, fields: [UNTIL], made: until },
  open: { name: "Open", does: "What was put in the setting's place is taken away, and the setting holds again." },
  override: { name: "Override", does: "The limit is this one until then, whatever the setting says. It holds from the next check on.", reason: true, fields: [{ name: "limit", label: "Limit", type: "number", needed: true }, { ...UNTIL, label: "Until, in your own time", needed: true }], made: (form) => ({ limit: Number(form.limit), ...until(form) }) },
};
const offered = (who, verbs) => verbs.filter((verb) => who.may.includes(verb));

export function SlotsPage({ who }) {
  const page = usePolled("slots?page_size=100");
  const [shown, wish] = useWish((answer) => {
    page.refresh();
    return answer ? "Done: it holds from the next check on." : "";
  });
  if (page.problem?.isNotServed && !page.body) return html`<div><${Head} title="Slots" /><p>Slots are not served to you here.</p></div>`;
  const all = page.body?.all ?? {};
  return html`<div>
    <${Head} title="Slots" page=${page} />
    <p class="about">How many executions of a language may run at once, and how many do.</p>
    <${Trouble} problem=${page.problem} again=${page.refresh} />
    <${Waiting} page=${page} />
    ${page.body && html`<div>
      <div class="verbs" role="group" aria-label="Verbs">
        ${offered(who, all.override?.stands ? ["open"] : ["close"]).map((verb) => html`<button key=${verb} type="button" onClick=${() => wish({ ...WISHES[verb], target: "all languages", path: `slots/all/${verb}`, etag: all.etag })}>${WISHES[verb].name} all</button>`)}
        ${shown}
      </div>
      ${all.override?.stands && html`<p class="note"><${Override} of=${all.override} /></p>`}
      ${list(page.body.slots).length ? html`<div class="wide" role="region" aria-label="Slots" tabindex="0"><table>
        <thead><tr><th scope="col">Language</th><th scope="col">Taken</th><th scope="col">Limit</th><th scope="col">State</th><th scope="col">Set by hand</th></tr></thead>
        <tbody>${list(page.body.slots).map((slot) => html`<tr key=${plain(slot.language)}>
          <th scope="row"><a href=${linkTo(["slots", plain(slot.language)])}><bdi>${plain(slot.language)}</bdi></a></th>
          ${slot.unreadable ? html`<td colspan="4"><${Theirs} text=${slot.unreadable} /></td>` : html`
          <td><${Taken} slot=${slot} /></td><td class="number">${plain(slot.limit)}</td><td><${Full} slot=${slot} /></td><td>${slot.override ? html`<${Override} of=${slot.override} />` : html`<span class="none">–</span>`}</td>`}
        </tr>`)}</tbody></table></div>` : html`<p class="empty">No language was ever limited.</p>`}</div>`}</div>`;
}

const Taken = ({ slot }) => html`<meter min="0" max=${Math.max(1, Number(slot.limit) || 0)} value=${Number(slot.used) || 0} aria-label=${`${plain(slot.used)} of ${plain(slot.limit)}`}></meter> ${plain(slot.used)}`;
const Full = ({ slot }) => html`<span class="state ${slot.closed || slot.full ? "stuck" : "good"}">${slot.closed ? "closed" : slot.full ? "full" : "room"}</span>${slot.settled === false && html` <small>not settled yet</small>`}`;
const Override = ({ of }) => html`<span>${of.limit === 0 ? "closed" : `limit ${plain(of.limit)}`}${of.stands === false ? ", ended" : ""} by <${Theirs} text=${of.by} />${of.reason && html`: <q><bdi>${plain(of.reason)}</bdi></q>`}${of.until && html` until <${Instant} at=${of.until} />`}</span>`;

export function OneSlot({ language, who }) {
  const path = `slots/${encodeURIComponent(language)}`;
  const page = usePolled(path);
  const [shown, wish] = useWish((answer) => {
    page.refresh();
    return answer ? "Done: it holds from the next check on." : "";
  });
  const slot = page.body;
  if (!slot) return html`<div><${Head} title=${language} />${page.problem ? html`<${Trouble} problem=${page.problem} again=${page.refresh} />` : html`<${Waiting} page=${page} />`}</div>`;
  return html`<div>
    <${Head} title=${`Slots of ${plain(slot.language)}`} page=${page} />
    <p class="why">${plain(slot.used)} of ${plain(slot.limit)} are taken. <${Full} slot=${slot} /></p>
    <div class="verbs" role="group" aria-label="Verbs">
      ${offered(who, ["close", "override", ...(slot.override ? ["open"] : [])]).map((verb) => html`<button key=${verb} type="button" onClick=${() => wish({ ...WISHES[verb], target: plain(slot.language), path: `${path}/${verb}`, etag: slot.etag })}>${WISHES[verb].name}</button>`)}
      ${shown}
    </div>
    <${Facts} facts=${[["Setting", plain(slot.setting)], ["Set by hand", slot.override && html`<${Override} of=${slot.override} />`], ["Shards", list(slot.shards).map((shard) => `${plain(shard.used)} of ${plain(shard.cap)}`).join(", ")]]} />
    <h2>Who holds them <span class="badge">${plain(slot.counted)}${slot.more ? "+" : ""}</span></h2>
    ${list(slot.holders).length ? html`<ul class="rows">${list(slot.holders).map((holder) => html`<li key=${plain(holder.owner)}><span class="because"><${Theirs} text=${holder.owner} /></span><strong>${plain(holder.count)}</strong>${typeof holder.sample === "string" && html`<a class="mono" href=${linkTo(["executions", holder.sample])}>${holder.sample}</a>`}</li>`)}</ul>` : html`<p class="empty">Nobody.</p>`}</div>`;
}
