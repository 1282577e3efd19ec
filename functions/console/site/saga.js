// One saga: why it is here, where it stands, what is owed, what happened, and what may be done about it.
import { html, useState } from "./htm-preact.js";
import { ActsTable } from "./acts.js";
import { sagaPath } from "./api.js";
import { usePolled } from "./live.js";
import { Age, Copy, Download, Facts, Instant, Mono, State, Theirs, Trouble, Waiting } from "./parts.js";
import { Picture } from "./picture.js";
import { toSaga } from "./router.js";
import { useNow } from "./live.js";
import { Timeline } from "./timeline.js";
import { Verbs } from "./verbs.js";
import { list, plain, spoken, why } from "./words.js";

// By the id that a ticket has in it. Nearly always there is one saga under it.
export function ExecutionPage({ id, who }) {
  const page = usePolled(`executions/${encodeURIComponent(id)}`, 30_000);
  const sagas = list(page.body?.sagas);
  if (page.problem && !page.body) return html`<${Missing} id=${id} page=${page} />`;
  if (!page.body) return html`<div><h1 tabindex="-1" class="mono">${id}</h1><${Waiting} page=${page} /></div>`;
  if (sagas.length === 1 && !sagas[0].unreadable) {
    return html`<${SagaPage} name=${plain(sagas[0].saga_name)} id=${plain(sagas[0].execution_id)} who=${who} first=${sagas[0]} />`;
  }
  return html`<div><h1 tabindex="-1" class="mono"><bdi>${id}</bdi></h1>
    <p class="about">${sagas.length} sagas go by this id.</p>
    <ul class="rows">${sagas.map((saga) => html`<li key=${plain(saga.saga_name)}>
      <a href=${toSaga(saga)}>${spoken(saga.saga_name)}</a> <${State} saga=${saga} /> <span class="because"><bdi>${plain(saga.unreadable ?? saga.reason)}</bdi></span>
    </li>`)}</ul></div>`;
}

function Missing({ id, page }) {
  if (page.problem.status !== 404) return html`<div><h1 tabindex="-1" class="mono"><bdi>${id}</bdi></h1><${Trouble} problem=${page.problem} again=${page.refresh} /></div>`;
  return html`<div><h1 tabindex="-1">Nothing is found under <span class="mono"><bdi>${id}</bdi></span></h1>
    <p>There is no saga of that id that you may see. It may not have come yet, or have been forgotten when its time was over.</p>
    <p><button type="button" onClick=${page.refresh}>Ask again</button></p></div>`;
}

export function SagaPage({ name, id, who, first = null }) {
  const page = usePolled(sagaPath(name, id));
  // Not asked for where it would be refused: refusals are counted, and ring.
  const owns = who.role === "owner";
  const acts = usePolled(owns ? null : `${sagaPath(name, id)}/acts`);
  const saga = page.body ?? first;
  if (page.problem && !saga) return html`<${Missing} id=${id} page=${page} />`;
  if (!saga) return html`<div><h1 tabindex="-1" class="mono">${id}</h1><${Waiting} page=${page} /></div>`;
  const shown = { ...saga, etag: saga.etag ?? page.etag };
  const did = acts.problem?.isNotServed ? [] : list(acts.body?.acts);
  const done = (now) => {
    if (now) page.replace(now, now.etag);
    acts.refresh();
  };
  return html`<article class="saga">
    <${Header} saga=${shown} page=${page} acts=${did} />
    <${Trouble} problem=${page.problem} again=${page.refresh} />
    <${Verbs} saga=${shown} may=${who.may} onDone=${done} />
    ${!owns && html`<${Picture} saga=${shown} />`}
    <${Details} saga=${shown} />
    <${Ledger} saga=${shown} />
    <${Errors} saga=${shown} />
    ${!owns && html`<${Timeline} saga=${shown} acts=${did} />`}
    ${acts.problem && !acts.problem.isNotServed && html`<${Trouble} problem=${acts.problem} again=${acts.refresh} />`}
    ${did.length > 0 && html`<section aria-label="Acts"><h2>Acts</h2><${ActsTable} acts=${did} /></section>`}
    <${Messages} saga=${shown} />
  </article>`;
}

function Header({ saga, page, acts }) {
  const now = useNow();
  const note = acts.filter((act) => act.verb === "note").pop();
  return html`<header class="about-saga">
    <div class="head">
      <h1 tabindex="-1"><span class="mono"><bdi>${plain(saga.execution_id)}</bdi></span> <${State} saga=${saga} /></h1>
      <div class="tools"><${Copy} text=${plain(saga.execution_id)} what="the execution id" /><${Download} name=${`${plain(saga.execution_id)}.json`} content=${() => ({ saga, acts })} /><${Age} ...${page} /></div>
    </div>
    <p class="kind">${spoken(saga.saga_name)}</p>
    <p class="why">${why(saga, now).map((sentence) => html`<${Sentence} ...${sentence} /> `)}</p>
    ${note && html`<p class="note">${html`<bdi>${plain(note.actor)}</bdi>`} has it: <q><bdi>${plain(note.reason)}</bdi></q> <${Instant} at=${note.at} /></p>`}
  </header>`;
}

const Sentence = ({ ours, theirs }) => html`<span>${ours.map((words, at) => [words, at < theirs.length && html`<bdi>${theirs[at]}</bdi>`])}</span>`;

const seconds = (limits) => [limits.seconds && `${limits.seconds} s`, limits.cpu && `cpu ${limits.cpu}`, limits.memory].filter(Boolean).join(", ");

function Details({ saga }) {
  const last = list(saga.timeline).at(-1);
  return html`<${Facts} facts=${[
    ["Begun", saga.created_at && html`<${Instant} full at=${saga.created_at} />`],
    ["Ended", saga.ended_at && html`<${Instant} full at=${saga.ended_at} />`],
    ["Next deadline", saga.deadline && html`<${Instant} full at=${saga.deadline} />`],
    ["Last event", last && html`<span>${spoken(last.cause)} <${Instant} full at=${last.at} /></span>`],
    ["Reason", saga.reason && html`<${Theirs} text=${saga.reason} />`],
    ["Failed at", saga.failed_step && spoken(saga.failed_step)],
    ["Error type", saga.error_type && html`<${Theirs} text=${saga.error_type} />`],
    ["Exit code", saga.exit_code],
    ["Ended by", saga.ended_by && html`<${Theirs} text=${saga.ended_by} />`],
    ["Invalid", list(saga.invalid).length ? html`<${Theirs} text=${list(saga.invalid).join("; ")} />` : null],
    ["Owner", saga.owner && html`<${Theirs} text=${saga.owner} />`],
    ["Language", saga.language && html`<${Theirs} text=${saga.language} />`],
    ["Slot", saga.slot && `${plain(saga.slot.language)}, shard ${plain(saga.slot.shard)}`],
    ["Image", saga.image && html`<${Theirs} text=${saga.image} />`],
    ["Limits", saga.limits && seconds(saga.limits)],
    ...list(saga.shown).map((each) => [each.step ? `${spoken(each.name)} of ${spoken(each.step)}` : spoken(each.name), html`<${Theirs} text=${typeof each.value === "string" ? each.value : JSON.stringify(each.value)} />`]),
    ["Pod", saga.pod_name && html`<${Theirs} text=${[saga.pod_name, saga.node_name].filter(Boolean).join(" on ")} />`],
    ["Must end by", saga.must_end_by && html`<${Instant} at=${saga.must_end_by} />`],
    ["Commands", saga.shadow && "none: it came while publishing was switched off"],
    ["Correlation", saga.correlation_id && html`<${Mono}>${plain(saga.correlation_id)}<//>`],
    ["Trace", saga.traceparent && html`<${Mono}>${plain(saga.traceparent)}<//>`],
    ["Version", saga.version != null ? `${plain(saga.version)}${saga.definition_version != null ? ` (definition ${plain(saga.definition_version)})` : ""}` : null],
    ["Kept until", saga.kept_until && html`<${Instant} at=${saga.kept_until} />`],
  ]} />`;
}

// What is done, what is owed, and by which attempt: the picture's facts, for reading.
function Ledger({ saga }) {
  const steps = list(saga.steps);
  if (!steps.length) return null;
  return html`<section aria-label="Ledger"><h2>Ledger</h2>
    <div class="wide" role="region" aria-label="Steps" tabindex="0"><table>
      <thead><tr><th scope="col">Step</th><th scope="col">Standing</th><th scope="col">Why not</th><th scope="col">Attempts</th><th scope="col">Without an answer</th><th scope="col">Undos</th><th scope="col">Looked at</th><th scope="col">Parked since</th></tr></thead>
      <tbody>${steps.map((step) => html`<tr key=${plain(step.step)}>
        <th scope="row">${spoken(step.step)}</th>
        <td class=${/parked/.test(plain(step.standing)) ? "stuck-cell" : ""}>${plain(step.standing)}</td>
        <td>${step.reason ? html`<${Theirs} text=${step.reason} />` : "–"}</td>
        <td class="number">${plain(step.attempts)}</td>
        <td class="number">${list(step.unanswered).join(", ") || "–"}</td>
        <td class="number">${plain(step.undos)}</td>
        <td><${Instant} at=${step.looked_at} /></td>
        <td><${Instant} at=${step.parked_since} /></td>
      </tr>`)}</tbody>
    </table></div></section>`;
}

// The first of them began it all, so the machine keeps that one and the last few.
function Errors({ saga }) {
  const errors = list(saga.errors);
  if (!errors.length) return null;
  return html`<section aria-label="Answers that were no success"><h2>Why attempts did not do it</h2>
    <div class="wide" role="region" aria-label="Attempts" tabindex="0"><table>
      <thead><tr><th scope="col">At</th><th scope="col">Asked by</th><th scope="col">Reason</th></tr></thead>
      <tbody>${errors.map((error, at) => html`<tr key=${at}>
        <td><${Instant} full at=${error.at} /></td>
        <td><${Mono}>${plain(error.message)}<//></td>
        <td><${Theirs} text=${error.reason} /></td>
      </tr>`)}</tbody>
    </table></div></section>`;
}

function Messages({ saga }) {
  const [open, set] = useState(false);
  const messages = list(saga.messages);
  if (!messages.length) return null;
  return html`<section aria-label="Messages"><h2>Messages <span class="badge">${messages.length}</span></h2>
    <ul class="messages">${(open ? messages : messages.slice(-8)).map((id) => html`<li key=${plain(id)}><${Mono}>${plain(id)}<//></li>`)}</ul>
    ${messages.length > 8 && !open && html`<p><button type="button" class="quiet" onClick=${() => set(true)}>All ${messages.length}</button></p>`}</section>`;
}
