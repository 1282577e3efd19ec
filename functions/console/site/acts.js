// Who did what, newest first: every act of a person on record.
import { html } from "./htm-preact.js";
import { usePolled } from "./live.js";
import { Download, Head, Instant, Mono, Theirs, Trouble, Waiting } from "./parts.js";
import { linkTo } from "./router.js";
import { list, plain } from "./words.js";

export function ActsPage() {
  const page = usePolled("acts?page_size=100");
  const acts = list(page.body?.acts);
  if (page.problem?.isNotServed) {
    return html`<div><${Head} title="Acts" /><p>All acts by time are not served here. Each saga's page shows its own.</p></div>`;
  }
  return html`<div>
    <${Head} title="Acts" page=${page}>${page.body && html`<${Download} name="acts.json" content=${() => page.body} />`}<//>
    <p class="about">What people did, the newest first.</p>
    <${Trouble} problem=${page.problem} again=${page.refresh} />
    <${Waiting} page=${page} />
    ${page.body && (acts.length ? html`<${ActsTable} acts=${acts} targets />` : html`<p class="empty">Nobody did anything.</p>`)}</div>`;
}

export function ActsTable({ acts, targets = false }) {
  return html`<div class="wide" role="region" aria-label="Acts" tabindex="0"><table>
    <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">Did</th>${targets && html`<th scope="col">To</th>`}<th scope="col">Because</th><th scope="col">Result</th></tr></thead>
    <tbody>${acts.map((act) => html`<tr key=${[act.target, act.actor, act.key, act.at, act.result].map(plain).join(" ")}>
      <td><${Instant} at=${act.at} /></td>
      <td><${Theirs} text=${act.actor} /> <small>${plain(act.role)}${act.verified === false ? ", not verified" : ""}</small></td>
      <td><bdi>${plain(act.verb)}</bdi></td>
      ${targets && html`<td><${Target} target=${plain(act.target)} /></td>`}
      <td><${Theirs} text=${act.reason} /></td>
      <td><bdi>${plain(act.result)}</bdi> <small>${act.version_before != null && act.version_after !== act.version_before ? `version ${plain(act.version_before)} to ${plain(act.version_after)}` : ""}</small></td>
    </tr>`)}</tbody>
  </table></div>`;
}

function Target({ target }) {
  const [kind, name, id] = target.split(":");
  return kind === "saga" && id ? html`<a class="mono" href=${linkTo(["sagas", name, id])}>${id}</a>` : html`<${Mono}>${target}<//>`;
}
