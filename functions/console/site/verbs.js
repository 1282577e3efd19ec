// What a person does to one saga: asked for with a reason, confirmed by name, decided on what was shown, done once.
import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { act, read, sagaPath } from "./api.js";
import { list, plain, spoken, VERBS } from "./words.js";

const MOST = 200;
const bytes = (text) => new TextEncoder().encode(text).length;

export function Verbs({ saga, may, onDone }) {
  const [open, set] = useState(null);
  const [told, tell] = useState("");
  const offered = may.filter((verb) => VERBS[verb]?.offered(saga));
  if (!offered.length) return html`<p class="told" role="status">${told}</p>`;
  const done = (verb, answer) => {
    set(null);
    tell(outcome(verb, answer));
    onDone(answer.saga);
  };
  return html`<div class="verbs" role="group" aria-label="Verbs">
    ${offered.map((verb) => html`<button key=${verb} type="button" onClick=${() => set(verb)}>${VERBS[verb].name}</button>`)}
    <span class="told" role="status">${told}</span>
    ${open && html`<${Dialog} key=${open} verb=${open} saga=${saga} onDone=${done} onClose=${() => set(null)} onSeen=${onDone} />`}
  </div>`;
}

// The answer is the saga as committed, and says no more than that.
function outcome(verb, { saga, replayed, published, skipped }) {
  if (verb === "republish" && !replayed) return `Sent again: ${list(published).length}.${list(skipped).length ? ` Not sent: ${list(skipped).map(plain).join(", ")}.` : ""}`;
  if (replayed) return "That was done already, by this very request.";
  if (verb === "note") return "Noted.";
  if (verb === "retry") return "Asked for again: the answer is not here yet.";
  const parked = list(saga?.parked);
  return `Done: it is ${plain(saga?.state)}${parked.length ? `, and ${parked.map(spoken).join(", ")} is parked` : ""}.`;
}

function Dialog({ verb, saga, onDone, onClose, onSeen }) {
  const about = VERBS[verb];
  const parked = list(saga.parked).map(plain);
  const box = useRef(null);
  const key = useRef(crypto.randomUUID()); // of this one wish, however often it has to be sent
  const [seen, setSeen] = useState(saga); // what the person decides on
  const [form, setForm] = useState({ reason: "", step: parked[0] ?? "" });
  const [state, setState] = useState({ busy: false, problem: null, changes: null });

  useEffect(() => {
    box.current.showModal();
  }, []);

  const length = bytes(form.reason);
  const missing = about.reason && !form.reason.trim();
  const problem = length > MOST ? `A reason has at most ${MOST} bytes; this one has ${length}.` : missing ? "Say why: others will read it." : "";

  async function send(event) {
    event.preventDefault();
    if (problem || state.busy) return;
    setState({ busy: true, problem: null, changes: null });
    const body = { reason: form.reason, ...(about.step && form.step ? { step: form.step } : {}) };
    try {
      const path = `${sagaPath(plain(saga.saga_name), plain(saga.execution_id))}/${verb}`;
      onDone(verb, await act(path, { key: key.current, etag: seen.etag, body }));
    } catch (refused) {
      setState({ busy: false, problem: refused, changes: refused.status === 412 ? await changed(seen) : null });
    }
  }

  // As it is now becomes what is decided on: by the person, not by itself. (The buttons have keys: without them the one
  // that is being pressed would turn into the one that sends, and send.)
  function decideAgain(event) {
    event.preventDefault();
    const now = state.changes.saga;
    setSeen(now);
    const still = list(now.parked).map(plain);
    setForm({ ...form, step: still.includes(form.step) ? form.step : (still[0] ?? "") });
    setState({ busy: false, problem: null, changes: null });
    onSeen(now);
  }

  const steps = list(seen.parked).map(plain);
  const unsure = state.problem && (state.problem.status === 0 || state.problem.status >= 500);
  const over = state.changes && !(state.changes.saga && about.offered(state.changes.saga));
  return html`<dialog ref=${box} aria-labelledby="verb-title" onClose=${onClose}>
    <form onSubmit=${send}>
      <h2 id="verb-title">${about.name} <span class="mono"><bdi>${plain(saga.execution_id)}</bdi></span></h2>
      <p>${about.does}</p>
      ${about.step && steps.length > 1 && html`<label>Step <select value=${form.step} onChange=${(event) => setForm({ ...form, step: event.target.value })}>${steps.map((step) => html`<option key=${step} value=${step}>${spoken(step)}</option>`)}</select></label>`}
      ${about.step && steps.length === 1 && html`<p>Step: <strong>${spoken(steps[0])}</strong></p>`}
      <label>Reason${about.reason ? "" : " (may be left out)"}
        <input type="text" autofocus value=${form.reason} required=${Boolean(about.reason)} aria-describedby="reason-help" onInput=${(event) => setForm({ ...form, reason: event.target.value })} />
      </label>
      <p id="reason-help" class="about">${length > MOST ? problem : "One line; it is kept with what you do, and others read it."}</p>
      ${state.problem && html`<div class="trouble" role="alert">
        <p><strong>${state.problem.message}</strong> <span class="mono">${state.problem.code}</span></p>
        ${unsure && html`<p>It is not known whether it was done. Sending it again does nothing twice.</p>`}
        ${state.changes && html`<${Changes} changes=${state.changes} />`}
        ${over && html`<p>As it is now, there is nothing left to ${verb}.</p>`}
      </div>`}
      <div class="buttons">
        ${state.changes && !over
          ? html`<button key="again" type="button" class="main" onClick=${decideAgain}>Decide on it as it is now</button>`
          : html`<button key="send" type="submit" class="main" disabled=${state.busy || Boolean(problem) || Boolean(over)}>${state.busy ? "Asking" : unsure ? "Send the same again" : `${about.name} ${plain(saga.execution_id)}`}</button>`}
        <button type="button" onClick=${() => box.current.close()}>Do nothing</button>
      </div>
    </form>
  </dialog>`;
}

const COMPARED = ["state", "reason", "parked", "waits_for", "waits_until", "ended_by", "exit_code", "version"];

async function changed(before) {
  try {
    const { body, etag } = await read(sagaPath(plain(before.saga_name), plain(before.execution_id)));
    const saga = { ...body, etag: body.etag ?? etag };
    return { saga, fields: COMPARED.filter((name) => plain(before[name]) !== plain(saga[name])).map((name) => [name, before[name], saga[name]]) };
  } catch (problem) {
    return { saga: null, fields: [], problem };
  }
}

function Changes({ changes }) {
  if (!changes.saga) return html`<p>What it is now cannot be read: ${changes.problem.message}</p>`;
  return html`<table class="changes">
    <caption>What has changed since you looked</caption>
    <thead><tr><th scope="col">Field</th><th scope="col">You saw</th><th scope="col">Now</th></tr></thead>
    <tbody>${changes.fields.map(([name, was, is]) => html`<tr key=${name}><th scope="row">${spoken(name)}</th><td>${told(was)}</td><td>${told(is)}</td></tr>`)}</tbody>
  </table>`;
}

const told = (value) => (Array.isArray(value) ? value.map(spoken).join(", ") : plain(value)) || "–";
