// One saga as a picture of its definition: its steps in order, their undos below them, and where it stands.
import { html } from "./htm-preact.js";
import { list, plain, spoken } from "./words.js";

const W = 160;
const H = 58;
const GAP = 34;
const TOP = 26;
const UNDO = 28;

const MARKS = { done: "✓", now: "●", parked: "!", undone: "↶", failed: "✕", left: "–", todo: "" };
const OF_STANDING = [
  [/undo parked|^parked/, "parked"],
  [/^undo asked|^undo failed/, "now"],
  [/^undone|resolved|undo skipped/, "undone"],
  [/^done/, "done"],
  [/^asked|failed, to be/, "now"],
  [/refused|given up/, "failed"],
  [/not needed/, "left"],
];

function kindOf(standing) {
  return OF_STANDING.find(([pattern]) => pattern.test(standing))?.[1] ?? "todo";
}

// What is known of each step: from the definition, and from the ledger or the steps that were done in one write.
function stepsOf(saga) {
  const ledger = new Map(list(saga.steps).map((entry) => [plain(entry.step), entry]));
  const done = new Set(list(saga.completed_steps));
  const undone = new Set(list(saga.compensated_steps));
  const declared = list(saga.declared_steps);
  const names = declared.length ? declared.map((step) => plain(step.step)) : [...new Set([...ledger.keys(), ...done])];
  for (const name of ledger.keys()) if (!names.includes(name)) names.push(name);
  return names.map((name) => {
    const step = declared.find((each) => each.step === name) ?? {};
    const entry = ledger.get(name);
    const standing = entry ? plain(entry.standing) : undone.has(name) ? "undone" : done.has(name) ? "done" : "not reached";
    return { name, standing, kind: kindOf(standing), undo: Boolean(step.undo), pivot: Boolean(step.pivot), attempts: entry?.attempts, undos: entry?.undos };
  });
}

function undoKind(step) {
  if (/undo parked/.test(step.standing)) return "parked";
  if (/undo asked|undo failed/.test(step.standing)) return "now";
  if (/undone|resolved/.test(step.standing)) return "undone";
  if (/skipped/.test(step.standing)) return "left";
  return "todo";
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export function Picture({ saga }) {
  const steps = stepsOf(saga);
  if (!steps.length) return html`<p class="empty">No step is known of it: its definition is not here, or nothing was begun.</p>`;
  const undoes = steps.some((step) => step.undo || /undo/.test(step.standing));
  const width = 40 + steps.length * (W + GAP) + 124;
  const height = TOP + H + (undoes ? UNDO + 38 : 12);
  const said = steps.map((step) => `${spoken(step.name)}: ${step.standing}${step.pivot ? " (point of no return)" : ""}`).join("; ");
  const middle = TOP + H / 2;
  const last = 40 + steps.length * (W + GAP);
  return html`<div class="wide picture" role="region" aria-label="Picture of the steps" tabindex="0">
    <svg viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="img" aria-label=${`${said}. It is ${plain(saga.state)}.`}>
      <circle cx="12" cy=${middle} r="6" class="end" />
      ${steps.map((step, at) => html`<${Step} key=${step.name} step=${step} x=${40 + at * (W + GAP)} />`)}
      <path class="way" d=${`M${last - GAP} ${middle}H${last - 6}`} />
      <rect class="outcome ${plain(saga.state)}" x=${last} y=${middle - 15} width="112" height="30" rx="15" />
      <text class="outcome-word" x=${last + 56} y=${middle + 4} text-anchor="middle">${short(plain(saga.state) || "?", 13)}</text>
    </svg>
  </div>`;
}

function Step({ step, x }) {
  const below = step.undo || /undo/.test(step.standing);
  const forward = /undo|resolved/.test(step.standing) && step.kind !== "done" ? "done" : step.kind;
  const told = `${step.standing}${step.attempts > 1 ? `, attempt ${step.attempts}` : ""}`;
  return html`<g class="step">
    <path class="way" d=${`M${x - GAP + (x === 40 ? 12 : 0)} ${TOP + H / 2}H${x - 5}`} />
    <path class="tip" d=${`M${x - 8} ${TOP + H / 2 - 4}l6 4l-6 4`} />
    ${step.pivot && html`<g><path class="pivot" d=${`M${x - GAP / 2 - 3} 6V${TOP + H + 6}M${x - GAP / 2 + 1} 6V${TOP + H + 6}`} /><text class="small" x=${x - GAP / 2 + 7} y="14">point of no return</text></g>`}
    <rect class="box ${forward}" x=${x} y=${TOP} width=${W} height=${H} rx="8" />
    <text class="mark ${forward}" x=${x + W - 16} y=${TOP + 44} text-anchor="middle">${MARKS[forward]}</text>
    <text class="name" x=${x + 12} y=${TOP + 24}>${short(spoken(step.name), 20)}<title>${spoken(step.name)}</title></text>
    <text class="small" x=${x + 12} y=${TOP + 43}>${short(told, 22)}<title>${told}</title></text>
    ${below && html`<${UndoBox} step=${step} x=${x} />`}
  </g>`;
}

function UndoBox({ step, x }) {
  const y = TOP + H + UNDO;
  const kind = undoKind(step);
  const word = { parked: "undo parked", now: "being undone", undone: "undone", left: "undo skipped", todo: "undo" }[kind];
  return html`<g><path class="back" d=${`M${x + W / 2} ${TOP + H}V${y}`} />
    <rect class="undo ${kind}" x=${x + 14} y=${y} width=${W - 28} height="30" rx="6" />
    <text class="small ${kind}" x=${x + W / 2} y=${y + 19} text-anchor="middle">${word}${step.undos > 1 ? ` (${step.undos})` : ""}</text></g>`;
}
