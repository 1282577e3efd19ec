// What is asked of anything that is no saga: said in full, confirmed by name, sent under one key, and answered.
import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { act } from "./api.js";
import { plain } from "./words.js";

const MOST = 200;
const bytes = (text) => new TextEncoder().encode(text).length;

// `wish`: { name, target, does, path, etag, reason, fields: [{ name, label, type }], made: (form) => body }.
function Wish({ wish, onDone, onClose }) {
  const box = useRef(null);
  const key = useRef(crypto.randomUUID());
  const [form, setForm] = useState({ reason: "" });
  const [state, setState] = useState({ busy: false, problem: null });
  useEffect(() => {
    box.current.showModal();
  }, []);
  const put = (change) => setForm({ ...form, ...change });
  const length = bytes(form.reason);
  const wrong = length > MOST ? `A reason has at most ${MOST} bytes; this one has ${length}.` : "";
  const missing = (wish.reason && !form.reason.trim()) || (wish.fields ?? []).some((field) => field.needed && !form[field.name]);

  async function send(event) {
    event.preventDefault();
    if (wrong || missing || state.busy) return;
    setState({ busy: true, problem: null });
    try {
      const body = { ...(wish.made?.(form) ?? {}), reason: form.reason };
      onDone(await act(wish.path, { key: key.current, etag: wish.etag, body }));
    } catch (problem) {
      setState({ busy: false, problem });
    }
  }

  const unsure = state.problem && (state.problem.status === 0 || state.problem.status >= 500);
  const over = state.problem?.status === 412;
  return html`<dialog ref=${box} aria-labelledby="wish-title" onClose=${onClose}>
    <form onSubmit=${send}>
      <h2 id="wish-title">${wish.name} <span class="mono"><bdi>${plain(wish.target)}</bdi></span></h2>
      <p>${wish.does}</p>
      ${(wish.fields ?? []).map((field) => html`<label key=${field.name}>${field.label} <input type=${field.type} min="0" required=${Boolean(field.needed)} value=${form[field.name] ?? ""} onInput=${(event) => put({ [field.name]: event.target.value })} /></label>`)}
      <label>Reason${wish.reason ? "" : " (may be left out)"} <input type="text" autofocus required=${Boolean(wish.reason)} value=${form.reason} aria-describedby="wish-help" onInput=${(event) => put({ reason: event.target.value })} /></label>
      <p id="wish-help" class="about">${wrong || "One line; it is kept with what you do, and others read it."}</p>
      ${state.problem && html`<div class="trouble" role="alert">
        <p><strong>${state.problem.message}</strong> <span class="mono">${state.problem.code}</span></p>
        ${unsure && html`<p>It is not known whether it was done. Sending it again does nothing twice.</p>`}
        ${over && html`<p>Close this: the page shows it as it is now. Then decide again.</p>`}
      </div>`}
      <div class="buttons">
        <button type="submit" class="main" disabled=${state.busy || Boolean(wrong) || missing || over}>${state.busy ? "Asking" : unsure ? "Send the same again" : `${wish.name} ${plain(wish.target)}`}</button>
        <button type="button" onClick=${() => box.current.close()}>Do nothing</button>
      </div>
    </form>
  </dialog>`;
}

// One open wish at a time, and what came of the last one.
export function useWish(onDone) {
  const [wish, set] = useState(null);
  const [told, tell] = useState("");
  const done = (answer) => {
    set(null);
    tell(onDone(answer, wish));
  };
  const close = () => {
    set(null);
    onDone(null, wish);
  };
  const shown = html`<span class="told"><span role="status">${told}</span>${wish && html`<${Wish} key=${wish.path} wish=${wish} onDone=${done} onClose=${close} />`}</span>`;
  return [shown, set];
}
