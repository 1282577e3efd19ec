// Four hundred failures have two causes: what is parked or runs, by what it has in common, and one verb for all of one
// kind.
import { html } from "./htm-preact.js";
import { usePolled } from "./live.js";
import { prepare } from "./operations.js";
import { Instant } from "./parts.js";
import { linkTo } from "./router.js";
import { list, plain, spoken } from "./words.js";
import { useWish } from "./wish.js";

// What is offered for a list's groups, and the page that shows their sagas.
const OFFERED = { parked: { verb: "retry", place: "parked" }, deadlines: { verb: "cancel", place: "sagas" } };

export function Groups({ who, of }) {
  const { verb, place } = OFFERED[of];
  const page = usePolled(`groups?of=${of}`, 15_000);
  const operations = usePolled("operations?page_size=1", 600_000);
  const [shown, wish] = useWish((answer) => {
    if (answer?.operation) location.hash = linkTo(["operations", plain(answer.operation.id)]);
    return "";
  });
  const groups = list(page.body?.groups);
  if (!groups.length) return null;
  const batches = Boolean(operations.body) && who.may.includes(verb);
  return html`<section aria-label="Groups"><ul class="rows">${groups.map((group) => html`<li key=${JSON.stringify([group.reason, group.step, group.saga_name, group.language])}>
    <strong>${plain(group.count)}${page.body.more ? "+" : ""}</strong>
    <span class="because">${group.step && html`<a href=${linkTo([place], { has: plain(group.step) })}>${spoken(group.step)}</a>, `}${[group.saga_name && spoken(group.saga_name), group.language && plain(group.language)].filter(Boolean).join(", ")}
      ${group.reason && html` <bdi>${plain(group.reason)}</bdi>`}${group.unreadable && " unreadable"}</span>
    <span>oldest <${Instant} at=${group.oldest} /></span>
    ${batches && !group.unreadable && html`<button type="button" class="small" onClick=${() => wish(prepare({ ...group, as_of: page.body.as_of }, of, verb))}>Prepare a ${verb}</button>`}
  </li>`)}</ul>${shown}</section>`;
}
