// Begins: the configuration, the way back from signing in, and then the pages.
import { html, render } from "./htm-preact.js";
import { App, Stopped } from "./app.js";
import { signIn } from "./signin.js";

const root = document.getElementById("root");
root.replaceChildren();
addEventListener("signed-out", () => {
  const reason = "You are signed out here. Whoever signed you in may still know you.";
  render(html`<${Stopped} reason=${reason} />`, root);
});

signIn
  .begin()
  .then((state) => {
    if (state === "leaving") return;
    render(state === "in" ? html`<${App} />` : html`<${Stopped} reason=${state} />`, root);
  })
  .catch((error) => render(html`<${Stopped} reason=${error.message} />`, root));
