// The API, as any other client has it: JSON with a bearer token, entity tags, problem documents.
import { signIn } from "./signin.js";

const base = new URL("../v1/", document.baseURI);

class Problem extends Error {
  // `body` is a problem document, or what little is known.
  constructor(status, body) {
    super(body.detail || body.message || `The API answered ${status}.`);
    this.status = status;
    this.code = body.code || "";
    this.body = body;
  }

  // A route that is not there, or an order that is not served: nothing to show, and nothing wrong.
  get isNotServed() {
    return this.status === 404 || this.status === 403 || this.code === "unknown_order";
  }
}

async function sent(path, options = {}) {
  let answer;
  try {
    answer = await fetch(new URL(path, base), {
      ...options,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      headers: { authorization: `Bearer ${signIn.token}`, ...options.headers },
    });
  } catch {
    throw new Problem(0, { code: "no_answer", detail: "The API does not answer: the network, or the stack." });
  }
  if (answer.status === 401 && !signIn.isFresh) {
    await signIn.again();
    return new Promise(() => {}); // the page is being left
  }
  return answer;
}

async function bodyOf(answer) {
  try {
    const told = await answer.json();
    return told && typeof told === "object" ? told : {};
  } catch {
    return {};
  }
}

// The answer's body and tag; null where it is as `etag` says.
export async function read(path, etag) {
  const answer = await sent(path, { headers: etag ? { "if-none-match": etag } : {} });
  if (answer.status === 304) return null;
  const body = await bodyOf(answer);
  if (!answer.ok) throw new Problem(answer.status, body);
  return { body, etag: answer.headers.get("etag") };
}

export async function act(path, { key, etag, body, method = "POST" }) {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  if (etag) headers["if-match"] = etag;
  const answer = await sent(path, { method, headers, body: JSON.stringify(body ?? {}) });
  const told = await bodyOf(answer);
  if (!answer.ok) throw new Problem(answer.status, { ...told, etag: told.etag ?? answer.headers.get("etag") });
  return told;
}

export const sagaPath = (name, key) => `sagas/${encodeURIComponent(name)}/${encodeURIComponent(key)}`;
