// The messages, of which the newest stay in sight while one has not scrolled away.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../html.js";
import { Button } from "../../parts.js";
import { Followed, Group } from "./bubbles.js";
import { groupsOf, hasOlder } from "./state.js";

const NEAR_PX = 48; // so near to the end is at the end
const MANY = 40; // so many turns are laid out only where they are in sight
const EARLY_PX = 160; // so near to the beginning older messages are read

export function Messages({ thread, state, act, empty }) {
  const box = useRef(null);
  const list = useRef(null);
  const place = useRef({ stuck: true, top: 0, first: null, before: null });
  const [away, setAway] = useState(false);
  const groups = useMemo(() => groupsOf(state), [state.pages, state.turns]);
  const first = state.pages[0]?.number ?? null;

  // Measured before the page changes: when older messages come in above, what is in sight stays where it is.
  if (box.current && place.current.first !== first) {
    place.current.before = firstInSight(box.current, list.current);
    place.current.first = first;
  }
  const stick = () => {
    if (place.current.stuck && box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(() => {
    const { before, stuck } = place.current;
    place.current.before = null;
    if (before && !stuck) {
      keepInPlace(box.current, before);
      // Once more when what is in sight has its true height.
      requestAnimationFrame(() => requestAnimationFrame(() => box.current && keepInPlace(box.current, before)));
    }
    stick();
  });
  useEffect(() => {
    const observer = new ResizeObserver(stick); // messages have their true height when they come into sight
    observer.observe(list.current);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Who sends something wants to see it.
  useEffect(() => {
    if (state.turns.length === 0) return;
    place.current.stuck = true;
    setAway(false);
    stick();
  }, [state.turns.at(-1)?.id]);

  const onScroll = () => {
    if (!box.current) return; // heard after one has gone elsewhere
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    const own = place.current;
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX) own.stuck = true;
    else if (scrollTop < own.top) own.stuck = false;
    own.top = scrollTop;
    thread.back = !own.stuck;
    setAway(!own.stuck);
    if (!own.stuck && scrollTop < EARLY_PX && hasOlder(state) && !state.busy && !state.error) thread.readOlder();
  };
  const toEnd = () => {
    place.current.stuck = true;
    setAway(false);
    stick();
    box.current.focus();
  };
  const nothing = groups.length === 0 && !state.followed;
  return html`
    <div class="thread-scroll" ref=${box} tabindex="0" role="group" aria-label="Messages" data-testid="messages" onScroll=${onScroll}>
      ${hasOlder(state) && html`<p class="older"><${Button} kind="small" disabled=${state.busy === "older"} onClick=${() => thread.readOlder()}>${state.busy === "older" ? "Reading…" : "Older messages"}</${Button}></p>`}
      ${nothing && state.total !== null && empty}
      <ul class="turns ${groups.length > MANY ? "many" : ""}" ref=${list}>
        ${groups.map((group, index) => html`<${Group} key=${group.key} group=${group} act=${act} last=${index === groups.length - 1} />`)}
        ${state.followed && html`<${Followed} followed=${state.followed} />`}
      </ul>
    </div>
    ${away && html`<div class="to-end"><${Button} kind="small" onClick=${toEnd}>To the newest</${Button}></div>`}
  `;
}

/** The first turn that can be seen, and where it stands; null if there is none. */
function firstInSight(box, list) {
  const { top } = box.getBoundingClientRect();
  const element = [...list.children].find((each) => each.getBoundingClientRect().bottom > top);
  return element ? { element, top: element.getBoundingClientRect().top } : null;
}

/** Scroll so that the element stands where it stood. */
function keepInPlace(box, { element, top }) {
  if (element.isConnected) box.scrollTop += element.getBoundingClientRect().top - top;
}
