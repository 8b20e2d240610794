// Where one writes: Enter sends, Shift and Enter begin a new line.
import { html, useEffect, useRef, useState } from "../../html.js";
import { Button } from "../../parts.js";
import { newMessage } from "../../../client.js";

const TALLEST_PX = 200;

/**
 * `send(text, how)` says whether it was taken. `stop` is there while a reply comes. `children` stand above the field.
 */
export function Composer({ send, stop = null, stopping = false, placeholder, status, showCode, children }) {
  const [text, setText] = useState("");
  const [how, setHow] = useState("stream");
  const field = useRef(null);
  useEffect(() => {
    const element = field.current;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, TALLEST_PX)}px`;
  }, [text]);
  // Where a finger would open the keyboard over the page, the field waits for it.
  useEffect(() => {
    if (matchMedia("(hover: hover) and (min-width: 46rem)").matches) field.current.focus({ preventScroll: true });
  }, []);
  const submit = async () => {
    if (text.trim() === "") return;
    const sent = text;
    setText("");
    if ((await send(sent, how)) === false) setText(sent);
    field.current?.focus();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  const code = () => showCode(how === "stream" ? "openMessageStream" : "sendMessage", { message: newMessage(text || "Write a headline for a bakery") });
  return html`
    <form
      class="composer"
      onSubmit=${(event) => {
        event.preventDefault();
        submit();
      }}
    >
      ${children}
      <div class="composer-box">
        <label class="unseen" for="message">Message</label>
        <textarea id="message" ref=${field} rows="1" dir="auto" placeholder=${placeholder} value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${onKeyDown}></textarea>
        ${stop && html`<${Button} icon="stop" kind="stop" disabled=${stopping} onClick=${stop}>Stop</${Button}>`}
        <button type="submit" class="primary" disabled=${text.trim() === ""}>Send</button>
      </div>
      <div class="composer-foot">
        <span role="status" aria-live="polite">${status}</span>
        <div class="row">
          <label class="check"><input type="checkbox" checked=${how === "whole"} onChange=${(event) => setHow(event.target.checked ? "whole" : "stream")} /> As one answer</label>
          <${Button} icon="code" kind="small plain" onClick=${code}>Code</${Button}>
        </div>
      </div>
    </form>
  `;
}
