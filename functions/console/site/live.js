// What is shown stays true: asked again every five seconds, not while nobody looks, and always with its age.
import { useCallback, useEffect, useRef, useState } from "./htm-preact.js";
import { read } from "./api.js";

const EVERY = 5000;
const listeners = new Set();
let paused = false;

export const live = {
  get paused() {
    return paused;
  },
  toggle() {
    paused = !paused;
    for (const each of listeners) each();
  },
  // Everything on the page, now.
  refresh() {
    for (const each of listeners) each("now");
  },
};

function useAgain() {
  const [, set] = useState(0);
  return useCallback(() => set((n) => n + 1), []);
}

export function useLive() {
  const again = useAgain();
  useEffect(() => {
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return live;
}

// Each second, for ages.
export function useNow() {
  const again = useAgain();
  useEffect(() => {
    const timer = setInterval(again, 1000);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}

// `body` stays where a later answer fails, with `problem` beside it. `seen` is when this page learnt it.
export function usePolled(path, every = EVERY) {
  const [shown, set] = useState({ path, body: null, etag: null, seen: 0, problem: null });
  const current = useRef(null);
  const ask = useRef(() => {});
  if (current.current?.path !== path) current.current = { path, body: null, etag: null, seen: 0, problem: null };

  useEffect(() => {
    let timer = 0;
    let gone = false;
    let busy = false;
    const put = (change) => {
      if (gone) return;
      current.current = { ...current.current, ...change };
      set(current.current);
    };
    const plan = () => {
      clearTimeout(timer);
      if (!gone && !paused && !document.hidden) timer = setTimeout(once, every);
    };
    async function once() {
      if (busy || gone || path === null) return;
      busy = true;
      try {
        const answer = await read(path, current.current.etag);
        put({ ...(answer ?? {}), seen: Date.now(), problem: null });
      } catch (problem) {
        put({ problem });
      }
      busy = false;
      plan();
    }
    const woken = (how) => {
      if (how === "now" || (!paused && !document.hidden)) once();
      else clearTimeout(timer);
    };
    ask.current = once;
    listeners.add(woken);
    document.addEventListener("visibilitychange", woken);
    once();
    return () => {
      gone = true;
      clearTimeout(timer);
      listeners.delete(woken);
      document.removeEventListener("visibilitychange", woken);
    };
  }, [path, every]);

  const of = shown.path === path ? shown : current.current;
  const replace = (body, etag) => {
    current.current = { ...current.current, body, etag, seen: Date.now(), problem: null };
    set(current.current);
  };
  return { ...of, refresh: () => ask.current(), replace };
}
