import { App } from "./app.js";
import { html, render } from "./html.js";

const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
