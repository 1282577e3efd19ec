// Where one is stands in the address, behind the #: it can be pasted, and it survives signing in.
import { useEffect, useState } from "./htm-preact.js";

function parsed() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(plain), query: new URLSearchParams(query) };
}

function plain(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function useRoute() {
  const [route, set] = useState(parsed);
  useEffect(() => {
    const moved = () => set(parsed());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return route;
}

export function linkTo(segments, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const text = new URLSearchParams(given).toString();
  return `#/${segments.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export const toSaga = (saga) => linkTo(["sagas", String(saga.saga_name), String(saga.execution_id)]);

// Filters: the address changes, and going back leaves the page rather than undoing each letter.
export function setQuery(route, change) {
  const query = { ...Object.fromEntries(route.query), ...change };
  history.replaceState(null, "", linkTo(route.path, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
