// Who one is here, and what one may do.
import { html } from "./htm-preact.js";
import { Facts, Head, Theirs } from "./parts.js";
import { WISHES as OF_EVENTS } from "./rejected.js";
import { signIn } from "./signin.js";
import { WISHES as OF_LIMITS } from "./slots.js";
import { plain, VERBS } from "./words.js";

const KNOWN = { ...VERBS, ...OF_EVENTS, ...OF_LIMITS };

export function MePage({ who }) {
  return html`<div>
    <${Head} title="You" />
    <${Facts} facts=${[
      ["Name", html`<${Theirs} text=${who.actor} />`],
      ["Role", plain(who.role)],
      ["Door", plain(who.door)],
      ["Verbs", who.may.length ? who.may.map(plain).join(", ") : "none: you may look"],
    ]} />
    <h2>What the verbs do</h2>
    <dl class="words">
      ${who.may.map((verb) => html`<div key=${verb}><dt>${KNOWN[verb]?.name ?? plain(verb)}</dt><dd>${KNOWN[verb]?.does ?? "This console does not know it."}</dd></div>`)}
    </dl>
    <p><button type="button" onClick=${() => signIn.forget()}>Sign out here</button></p>
    <h2>Keys</h2>
    <dl class="words">
      <div><dt><kbd>/</kbd></dt><dd>find an execution</dd></div>
      <div><dt><kbd>r</kbd></dt><dd>ask again now</dd></div>
      <div><dt><kbd>p</kbd></dt><dd>pause what is live, and go on</dd></div>
    </dl></div>`;
}
