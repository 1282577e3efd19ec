// A saga in words. Whatever is not known here is shown as it came: a page never goes blank over one field.
import { ago, instant, span } from "./times.js";

export const plain = (value) => {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
export const spoken = (value) => plain(value).replaceAll("_", " ");
export const list = (value) => (Array.isArray(value) ? value : []);

const ENDED = ["completed", "failed", "timeout", "cancelled"];
const isEnded = (saga) => ENDED.includes(saga.state);

// The tone of a state: what needs somebody stands out, and nothing else does.
export function tone(saga) {
  if (saga.unreadable || list(saga.parked).length) return "stuck";
  const tones = { running: "busy", compensating: "undoing", created: "quiet", waiting: "quiet", completed: "good" };
  return tones[saga.state] ?? (["failed", "timeout"].includes(saga.state) ? "bad" : "quiet");
}

export function stateWord(saga) {
  if (saga.unreadable) return "unreadable";
  return list(saga.parked).length ? `${plain(saga.state)}, parked` : plain(saga.state) || "no state";
}

const ENDINGS = {
  completed: "It came to its end: nothing is owed.",
  failed: "It ended as failed, and what it had done was taken back.",
  timeout: "It ran out of time, and what it had done was taken back.",
  cancelled: "It was cancelled, and what it had done was taken back.",
};

// Sentences keep users' words apart from ours: each is our words, and between them theirs.
const said = (ours, ...theirs) => ({ ours, theirs: theirs.map(plain) });

// Why is it here: two or three sentences, the last one what happens without anybody.
export function why(saga, now) {
  const told = [];
  const parked = list(saga.parked);
  if (parked.length) {
    const reason = Object.fromEntries(list(saga.steps).map((step) => [step.step, step.reason]));
    const steps = parked.map((step) => spoken(step) + (reason[step] ? ` (${plain(reason[step])})` : "")).join(" and ");
    told.push(parked.length > 1 ? said`It waits for a person: ${steps} are parked.` : said`It waits for a person: ${steps} is parked.`);
    told.push(askedSlowly(saga, parked, now));
    if (saga.reason) told.push(said`The reason why it is being taken back is ${saga.reason}.`);
    return told;
  }
  if (isEnded(saga)) {
    told.push({ ours: [ENDINGS[saga.state]], theirs: [] });
    if (saga.reason) told.push(saga.exit_code != null ? said`The reason is ${saga.reason}, exit code ${saga.exit_code}.` : said`The reason is ${saga.reason}.`);
    if (saga.ended_by) told.push(said`It was ended by ${saga.ended_by}.`);
    return told;
  }
  if (saga.state === "created") told.push(said`Something came before its own beginning, and waits for it.`);
  else if (saga.state === "compensating") told.push(said`It is being taken back.`);
  else if (saga.state === "running") told.push(said`It runs.`);
  else told.push(said`Its state is “${saga.state}”, which this console does not know.`);
  if (saga.reason) told.push(said`The reason is ${saga.reason}.`);
  if (saga.waits_for) told.push(said`It waits for ${saga.waits_for}.`);
  const until = instant(saga.waits_until);
  if (until !== null) told.push(until < now ? said`Its time passed ${span(now - until)} ago: the checker looks at it within a minute or two; if it does not, look at the checker.` : then(saga, now));
  return told;
}

// A parked step is asked again now and then for a day; after that only a person, or a late answer, moves it.
function askedSlowly(saga, parked, now) {
  const next = list(saga.steps).filter((step) => parked.includes(step.step)).map((step) => instant(step.looked_at)).filter((at) => at !== null);
  if (!next.length) return said`Nothing more happens to it by itself, unless a late answer comes.`;
  const first = Math.min(...next);
  return first < now ? said`It is about to be asked again; an answer may still settle it.` : said`It is asked again in ${span(first - now)}; an answer may still settle it.`;
}

function then(saga, now) {
  const when = ago(saga.waits_until, now);
  if (saga.state === "created") return said`If its beginning does not come, it is forgotten ${when}.`;
  if (list(saga.steps).length) return said`If that does not come, it is looked at again ${when}: asked once more, or taken back, or parked.`;
  return said`If that does not come, it times out ${when} and is taken back.`;
}

// By which verb: what it says on the button, what it will do, and whom it is offered for.
export const VERBS = {
  cancel: {
    name: "Cancel",
    does: "It is ended as cancelled, and everything that it has done is taken back: its pod is deleted, its slot is given back.",
    offered: (saga) => ["running", "waiting", "created"].includes(saga.state) && !list(saga.parked).length,
  },
  retry: {
    name: "Retry",
    does: "What is parked is asked for again, with fresh attempts. Nobody knows yet whether it succeeds this time.",
    offered: (saga) => list(saga.parked).length > 0,
    step: true,
  },
  resolve: {
    name: "Resolve",
    does: "You say that it was done by hand. The saga goes on as if it had been confirmed, and this cannot be taken back.",
    offered: (saga) => list(saga.parked).length > 0,
    step: true,
    reason: true,
  },
  skip: {
    name: "Skip",
    does: "You say that this undo will not be done. What it would have taken back stays as it is, and this cannot be taken back.",
    offered: (saga) => list(saga.parked).length > 0 && saga.state === "compensating",
    step: true,
    reason: true,
  },
  undo: {
    name: "Undo",
    does: "You say that the point of no return did not happen. Everything before it is taken back, and this cannot be taken back.",
    offered: (saga) => list(saga.parked).length > 0 && saga.state === "running",
    step: true,
    reason: true,
  },
  note: {
    name: "Note",
    does: "Nothing changes. Everybody who looks at it sees that you have it, and what you say.",
    offered: (saga) => !saga.unreadable,
    reason: true,
  },
  republish: {
    name: "Republish",
    does: "What it has emitted is sent again, under the same ids: whoever has it already ignores it. A pod is asked for again only where it could still start.",
    offered: (saga) => !saga.unreadable && list(saga.messages).length > 0,
  },
};

const CAUSES = {
  requested: "requested",
  started: "started",
  completed: "the run completed",
  failed: "the run failed",
  timeout: "the worker reported a time-out",
  cancelled: "cancel asked for",
  deadline: "its time passed",
  reported: "an event about a step",
  answered: "a participant answered",
  operated: "a person's verb was done",
};
const PROBLEMS = /fail|timeout|timed|refus|park|deadline|cancel|reject|exhaust|given_up|expired/;

export const cause = (entry) => CAUSES[entry.cause] ?? (spoken(entry.cause) || "something");
export const isProblem = (entry) => Boolean(entry.late) || PROBLEMS.test(`${plain(entry.cause)} ${list(entry.messages).join(" ")}`);
