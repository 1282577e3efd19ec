// Instants and how long ago they were. What is no instant is shown as it came.
const two = (n) => String(n).padStart(2, "0");

export function instant(text) {
  const at = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : at;
}

// The day is left out where it is today.
export function utc(text, now = 0) {
  const at = instant(text);
  if (at === null) return text == null ? "" : String(text);
  const [day, clock] = new Date(at).toISOString().split("T");
  const today = now && new Date(now).toISOString().startsWith(`${day}T`);
  return `${today ? "" : `${day} `}${clock.slice(0, 8)} UTC`;
}

export function local(text) {
  const at = instant(text);
  if (at === null) return "";
  const d = new Date(at);
  const minutes = -d.getTimezoneOffset();
  const zone = `${minutes < 0 ? "−" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())} here (${zone})`;
}

// In two units at most: a look is enough.
export function span(ms) {
  const s = Math.floor(Math.abs(ms) / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ""}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h${Math.floor((s % 3600) / 60) ? ` ${Math.floor((s % 3600) / 60)} min` : ""}`;
  return `${Math.floor(s / 86_400)} d${Math.floor((s % 86_400) / 3600) ? ` ${Math.floor((s % 86_400) / 3600)} h` : ""}`;
}

// Between two entries, finer than a look.
export function between(from, to) {
  const ms = instant(to) - instant(from);
  if (Number.isNaN(ms) || instant(from) === null || instant(to) === null) return "";
  return Math.abs(ms) < 10_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms);
}

export function ago(text, now) {
  const at = instant(text);
  if (at === null) return "";
  return at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`;
}
