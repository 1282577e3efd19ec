// OpenID Connect, code with PKCE. The token lives in this module and nowhere else: it ends with the page.
const KEPT = "saga-console.signin";
const home = new URL("./", document.baseURI).href;

let config = null;
let token = null;
let received = 0;
let leaving = null;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

// What was kept for this one redirect; it is taken away whatever comes of it.
function taken() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  try {
    return kept ? JSON.parse(kept) : null;
  } catch {
    return null;
  }
}

async function leave(hash = location.hash) {
  const verifier = random();
  const state = random();
  sessionStorage.setItem(KEPT, JSON.stringify({ verifier, state, hash }));
  const to = new URL(config.authorize_url);
  const asked = {
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: home,
    scope: config.scopes,
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) to.searchParams.set(name, value);
  location.assign(to);
}

async function exchanged(code, verifier) {
  const answer = await fetch(config.token_url, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: home,
      client_id: config.client_id,
      code_verifier: verifier,
    }),
    credentials: "omit",
    redirect: "error",
  });
  if (!answer.ok) throw new Error(`Signing in did not succeed: the token endpoint answered ${answer.status}.`);
  const told = await answer.json();
  if (typeof told.access_token !== "string") throw new Error("Signing in did not succeed: no access token came.");
  return told.access_token;
}

export const signIn = {
  // "in", "leaving", or a sentence that says why nobody is in.
  async begin() {
    const answer = await fetch(new URL("./config.json", document.baseURI), { cache: "no-cache" });
    if (!answer.ok) return "The console's configuration cannot be read: reload the page.";
    config = await answer.json();
    const query = new URLSearchParams(location.search);
    if (!query.has("code") && !query.has("error")) return this.again();
    const kept = taken();
    history.replaceState(null, "", home + (typeof kept?.hash === "string" ? kept.hash : ""));
    if (query.has("error")) return `Signing in was refused: ${query.get("error")}. ${query.get("error_description") ?? ""}`;
    if (!kept || kept.state !== query.get("state")) {
      return "This sign-in was not begun here, or was begun twice: sign in again.";
    }
    token = await exchanged(query.get("code"), kept.verifier);
    received = Date.now();
    return "in";
  },

  // Where the token is not taken any more; the page that was looked at comes back.
  async again() {
    if (!config?.authorize_url || !config.token_url || !config.client_id) {
      return "Nobody can sign in: ConsoleAuthorizeUrl, ConsoleTokenUrl and ConsoleClientId are not all set.";
    }
    token = null;
    leaving ??= leave(); // once, however many requests were refused at the same moment
    await leaving;
    return "leaving";
  },

  // A token that is refused at once would send people round in circles.
  get isFresh() {
    return Date.now() - received < 15_000;
  },
  get token() {
    return token;
  },
  get received() {
    return received;
  },
  // Here: whoever signed him in may still know him.
  forget() {
    token = null;
    dispatchEvent(new Event("signed-out"));
  },
};
