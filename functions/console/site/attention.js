// What is wrong, how much of it, since when: the first thing that whoever is on call looks at.
import { html } from "./htm-preact.js";
import { LISTS, pathOf } from "./lists.js";
import { usePolled } from "./live.js";
import { Head, Instant, State, Trouble, Waiting } from "./parts.js";
import { linkTo, toSaga } from "./router.js";
import { instant } from "./times.js";
import { list, plain, spoken } from "./words.js";

const LATE = 120_000; // what the checker has had time to look at, twice
const DAY = 86_400_000;
const SHOWN = 5;
const SIZE = 100;

export function AttentionPage() {
  const parked = usePolled(pathOf("parked", null, SIZE));
  const running = usePolled(pathOf("deadlines", null, SIZE));
  const ended = usePolled(pathOf("ended", null, SIZE));
  const summary = usePolled("summary");
  const rejected = usePolled("rejected/groups", 15_000);
  const slots = usePolled("slots?page_size=100", 15_000);
  const sections = [
    { kind: "parked", page: parked, title: "Parked", told: summary.body?.parked, says: "Waiting for a person. What can be asked again is asked a few times more, for a day.", rows: list(parked.body?.sagas) },
    { kind: "deadlines", page: running, title: "Overdue", says: "Their time has passed, and the checker has not been there.", rows: overdue(running.body) },
    { kind: "ended", page: ended, title: "Ended badly in a day", told: summary.body?.ended, says: "Taken back. Nothing is owed; look whether there is a pattern.", rows: recent(ended.body), mild: true },
  ].filter(({ page }) => !page.problem?.isNotServed);
  const known = sections.every(({ page }) => page.body);
  const wrong = sections.filter(({ rows }) => rows.length);
  const calm = known && isRead(rejected) && isRead(slots) && !wrong.some(({ mild }) => !mild) && !open(rejected.body) && !tight(slots.body).length;
  return html`<div>
    <${Head} title="Attention" page=${parked} />
    ${sections.map(({ kind, page, title }) => page.problem && html`<${Trouble} key=${kind} problem=${{ ...page.problem, message: `${title}: ${page.problem.message}` }} again=${page.refresh} />`)}
    ${sections.map(({ kind, page }) => html`<${Waiting} key=${kind} page=${page} />`).slice(0, 1)}
    ${calm && html`<div class="calm"><p><strong>Nothing waits for anybody.</strong></p><p>Nothing is parked, overdue or rejected, and no language is full.</p></div>`}
    <div class="tiles">
      ${sections.filter(({ page }) => !isRefused(page)).map((each) => (each.page.body ? html`<${Tile} key=${each.kind} ...${each} />` : html`<${AskedTile} key=${each.kind} title=${each.title} />`))}
      ${rejected.body ? html`<${RejectedTile} body=${rejected.body} />` : !isRefused(rejected) && html`<${AskedTile} title="Rejected" />`}
      ${slots.body ? html`<${SlotsTile} body=${slots.body} />` : !isRefused(slots) && html`<${AskedTile} title="Languages full or closed" />`}
    </div>
    ${others(rejected, slots).map(([title, problem]) => html`<${Trouble} key=${title} problem=${{ ...problem, message: `${title}: ${problem.message}` }} />`)}
    ${wrong.map((each) => html`<${Section} key=${each.kind} ...${each} />`)}</div>`;
}

// The list is by deadline, so they are its beginning.
function overdue(body) {
  const asOf = instant(body?.as_of) ?? Date.now();
  return list(body?.sagas).filter((saga) => instant(saga.deadline) !== null && instant(saga.deadline) < asOf - LATE);
}

// As the summary counts them.
function recent(body) {
  const asOf = instant(body?.as_of) ?? Date.now();
  return list(body?.sagas).filter((saga) => instant(saga.ended_at) === null || instant(saga.ended_at) >= asOf - DAY);
}

// Counts stop where the page does, and say so.
const counted = (rows, page) => `${rows.length}${rows.length && page.body?.next_page_token && rows.length === list(page.body.sagas).length ? "+" : ""}`;

function oldest(kind, rows) {
  const moments = rows.map((saga) => LISTS[kind].at(saga)).filter((at) => instant(at) !== null);
  return moments.reduce((first, at) => (first === null || instant(at) < instant(first) ? at : first), null);
}

// That all is well is said only of what could be seen. What is not served is nobody's concern here.
const isRead = (page) => Boolean(page.body) || Boolean(page.problem?.isNotServed);
const isRefused = (page) => !page.body && Boolean(page.problem);
const open = (body) => Number(body?.counted) || 0;
const tight = (body) => list(body?.slots).filter((slot) => slot.full || slot.closed || slot.unreadable);

// What else could not be read, and is served.
const others = (rejected, slots) => [["Rejected", rejected.problem], ["Slots", slots.problem]].filter(([, problem]) => problem && !problem.isNotServed);

// A tile keeps its place while it is asked for: nothing moves under the pointer when an answer comes.
const AskedTile = ({ title }) => html`<div class="tile"><span class="what">${title}</span><span class="much">…</span><span class="since">being asked</span></div>`;

function RejectedTile({ body }) {
  const much = open(body);
  const first = list(body.groups).map((group) => plain(group.oldest ?? group.first_at)).filter((at) => instant(at) !== null).sort()[0];
  return html`<a class="tile ${much ? "hot" : "calm"}" href=${linkTo(["rejected"])}>
    <span class="what">Rejected</span><span class="much">${much}${body.more ? "+" : ""}</span>
    <span class="since">${much ? (first ? html`oldest <${Instant} at=${first} />` : list(body.groups).slice(0, 2).map((group) => spoken(group.reason)).join(", ")) : "none"}</span>
  </a>`;
}

function SlotsTile({ body }) {
  const full = tight(body);
  return html`<a class="tile ${full.length ? "hot" : "calm"}" href=${linkTo(["slots"])}>
    <span class="what">Languages full or closed</span><span class="much">${full.length}${body.next_page_token ? "+" : ""}</span>
    <span class="since">${full.length ? html`<bdi>${full.slice(0, 3).map((slot) => plain(slot.language)).join(", ")}</bdi>` : "room in each"}</span>
  </a>`;
}

function Tile({ kind, page, title, rows, mild, told }) {
  const since = oldest(kind, rows);
  return html`<a class="tile ${rows.length ? (mild ? "mild" : "hot") : "calm"}" href=${linkTo([LISTS[kind].place])}>
    <span class="what">${title}</span>
    <span class="much">${Number.isInteger(told?.count) ? `${told.count}${told.more ? "+" : ""}` : counted(rows, page)}</span>
    <span class="since">${rows.length ? (since ? html`oldest <${Instant} at=${since} />` : "since when, the list says") : "none"}</span>
  </a>`;
}

function Section({ kind, page, title, says, rows }) {
  const reasons = byReason(rows);
  return html`<section aria-label=${title}>
    <h2>${title} <span class="badge">${counted(rows, page)}</span></h2>
    <p class="about">${says}</p>
    ${reasons.length > 1 && html`<ul class="reasons">${reasons.map(([reason, count]) => html`<li key=${reason}><a href=${linkTo([LISTS[kind].place], { has: reason })}><bdi>${reason}</bdi></a> <span>${count}</span></li>`)}</ul>`}
    <ul class="rows">${rows.slice(0, SHOWN).map((saga) => html`<li key=${`${saga.saga_name}/${saga.execution_id}`}>
      <a class="mono" href=${toSaga(saga)}>${plain(saga.execution_id)}</a>
      <${State} saga=${saga} />
      <span class="because">${list(saga.parked).map(spoken).join(", ")} <bdi>${plain(saga.unreadable ?? saga.reason)}</bdi></span>
      <${Instant} at=${LISTS[kind].at(saga) ?? null} />
    </li>`)}</ul>
    ${rows.length > SHOWN && html`<p><a href=${linkTo([LISTS[kind].place])}>All of them</a></p>`}
  </section>`;
}

// Four hundred failures have two causes.
function byReason(rows) {
  const counts = new Map();
  for (const saga of rows) {
    const reason = plain(saga.reason) || list(saga.parked).map(spoken).join(", ") || "no reason";
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
}
