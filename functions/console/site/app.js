// The frame: where one can go, who one is, whether what is shown is live, and the page itself.
import { html, useEffect, useRef, useState } from "./htm-preact.js";
import { ActsPage } from "./acts.js";
import { AttentionPage } from "./attention.js";
import { listAt, ListPage, LISTS, listsFor } from "./lists.js";
import { live, useLive, usePolled } from "./live.js";
import { MePage } from "./me.js";
import { OneOperation, OperationsPage } from "./operations.js";
import { Trouble } from "./parts.js";
import { OneRejected, RejectedPage } from "./rejected.js";
import { linkTo, useRoute } from "./router.js";
import { ExecutionPage, SagaPage } from "./saga.js";
import { signIn } from "./signin.js";
import { OneSlot, SlotsPage } from "./slots.js";
import { plain } from "./words.js";

const OTHERS = [
  ["rejected", "Rejected"],
  ["slots", "Slots"],
  ["operations", "Operations"],
  ["acts", "Acts"],
];

export function App() {
  const route = useRoute();
  const me = usePolled("me", 60_000);
  const page = useRef(null);
  const search = useRef(null);
  useKeys(search);
  const [first = "", ...rest] = route.path;
  const place = route.path.join("/");
  useEffect(() => {
    document.title = `${titleOf(first, rest)} · Sagas`;
    page.current?.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [place]);

  if (!me.body) {
    return html`<main class="alone">
      ${me.problem ? html`<${NoEntry} problem=${me.problem} again=${me.refresh} />` : html`<p role="status">Asking who you are.</p>`}
    </main>`;
  }
  const who = { ...me.body, may: Array.isArray(me.body.may) ? me.body.may : [] };
  const owns = who.role === "owner";
  return html`<div>
    <a class="skip" href="#main" onClick=${(event) => toMain(event, page)}>To the page</a>
    <header class="bar">
      <a class="brand" href="#/"><span class="dot" aria-hidden="true"></span>Sagas</a>
      <nav aria-label="Pages">
        ${!owns && html`<${Tab} at=${first === "" || first === "attention"} to=${["attention"]}>Attention<//>`}
        ${listsFor(who).map((each) => html`<${Tab} key=${each} at=${rest.length === 0 && (listAt(first) === each || (first === "" && owns))} to=${[LISTS[each].place]}>${LISTS[each].tab}<//>`)}
        ${!owns && OTHERS.map(([place, name]) => html`<${Tab} key=${place} at=${first === place} to=${[place]}>${name}<//>`)}
      </nav>
      <${Find} box=${search} />
      <${LiveButton} />
      <a class="who" href=${linkTo(["me"])} aria-current=${first === "me" ? "page" : undefined}><bdi title=${plain(who.actor)}>${plain(who.actor).replace(/^person\//, "")}</bdi> <small>${plain(who.role)}</small></a>
    </header>
    <main id="main" ref=${page}>
      ${me.problem && html`<${Trouble} problem=${me.problem} />`}
      <${Page} key=${place} first=${first} rest=${rest} route=${route} who=${who} />
    </main></div>`;
}

function Page({ first, rest, route, who }) {
  if (first === "executions" && rest[0]) return html`<${ExecutionPage} id=${rest[0]} who=${who} />`;
  if (first === "sagas" && rest[1]) return html`<${SagaPage} name=${rest[0]} id=${rest[1]} who=${who} />`;
  if (listAt(first) && !rest.length) return html`<${ListPage} kind=${listAt(first)} route=${route} who=${who} />`;
  if (first === "rejected") return rest[0] ? html`<${OneRejected} id=${rest[0]} who=${who} />` : html`<${RejectedPage} route=${route} />`;
  if (first === "slots") return rest[0] ? html`<${OneSlot} language=${rest[0]} who=${who} />` : html`<${SlotsPage} who=${who} />`;
  if (first === "operations") return rest[0] ? html`<${OneOperation} id=${rest[0]} who=${who} />` : html`<${OperationsPage} />`;
  if (first === "acts") return html`<${ActsPage} />`;
  if (first === "me") return html`<${MePage} who=${who} />`;
  if (first !== "" && first !== "attention") {
    return html`<div><h1 tabindex="-1">There is no such page</h1><p><a href="#/">Go to the first one.</a></p></div>`;
  }
  return who.role === "owner" ? html`<${ListPage} kind="own" route=${route} who=${who} />` : html`<${AttentionPage} />`;
}

function titleOf(first, rest) {
  if (listAt(first) && !rest.length) return LISTS[listAt(first)].tab;
  if (first === "executions") return rest[0];
  if (first === "sagas") return rest[1];
  return { "": "Attention", attention: "Attention", me: "You", ...Object.fromEntries(OTHERS) }[first] ?? "?";
}

const toMain = (event, page) => {
  event.preventDefault();
  page.current?.querySelector("h1")?.focus();
};

const Tab = ({ at, to, children }) => html`<a href=${linkTo(to)} aria-current=${at ? "page" : undefined}>${children}</a>`;

// `/` finds, `r` asks again, `p` pauses: not while somebody types, and not over a dialog.
function useKeys(search) {
  useEffect(() => {
    const pressed = (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const does = { "/": () => search.current?.focus(), r: live.refresh, p: live.toggle }[event.key];
      if (!does) return;
      event.preventDefault();
      does();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function Find({ box }) {
  const [wrong, set] = useState(false);
  const go = (event) => {
    event.preventDefault();
    // A link, a saga's id or a message's id has the execution's id in it.
    const typed = box.current.value.trim().split("/").pop();
    const id = typed.includes(":") ? typed.split(":")[1] : typed;
    const fits = /^[A-Za-z0-9_-]{1,64}$/.test(id);
    set(!fits);
    if (!fits) return;
    location.hash = linkTo(["executions", id]);
    box.current.value = "";
    box.current.blur();
  };
  return html`<form class="find" role="search" onSubmit=${go}>
    <input ref=${box} type="search" aria-label="Find an execution by its id" placeholder="Find by execution id" autocomplete="off" spellcheck="false" aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? "find-wrong" : undefined} onInput=${() => set(false)} />
    <kbd aria-hidden="true">/</kbd>
    ${wrong && html`<span id="find-wrong" class="wrong" role="alert">An id has letters, digits, _ and -, 64 at most.</span>`}
  </form>`;
}

function LiveButton() {
  const { paused } = useLive();
  return html`<button type="button" class="live ${paused ? "paused" : ""}" aria-pressed=${paused ? "true" : "false"} onClick=${live.toggle} title="p: pause what is live; r: ask again now">
    <span class="lamp" aria-hidden="true"></span>${paused ? "Paused" : "Live"}
  </button>`;
}

function NoEntry({ problem, again }) {
  return html`<div><h1>You cannot look at sagas yet</h1>
    <${Trouble} problem=${problem} again=${again} />
    ${problem.status === 403 && html`<p>You are signed in, and the stack gives your account no role. Whoever deploys it says in <code>RoleMap</code> who has one.</p>`}
    ${problem.status === 401 && html`<p>You have signed in, and the API does not take the token: its audience, issuer or scope is another.</p>`}
    <p><button type="button" onClick=${() => signIn.again()}>Sign in again</button></p></div>`;
}

// Before there is a page: signed out, refused, or not set up.
export function Stopped({ reason }) {
  const [told, set] = useState(reason);
  const again = () => signIn.again().then((state) => state !== "leaving" && set(state));
  return html`<main class="alone">
    <h1>Sagas</h1>
    <p role="alert">${told}</p>
    <p><button type="button" class="main" onClick=${again}>Sign in</button></p>
  </main>`;
}
