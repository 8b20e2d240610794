// The page reads without this script; with it, it can be searched and filtered. Nothing here makes HTML of text.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const clauses = all(".clause");
  const chips = all(".chip");
  const search = one("#search");
  const foldOf = (clause) => clause.querySelector("details");

  // Theme: the system's, until somebody chooses.
  const themes = ["system", "light", "dark"];
  const theme = one("#theme");
  const remember = (value) => { try { localStorage.setItem("conformance-theme", value); } catch { /* a sandbox */ } };
  const remembered = () => { try { return localStorage.getItem("conformance-theme"); } catch { return null; } };
  const setTheme = (value) => {
    theme.querySelector("span").textContent = value;
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  };
  setTheme(themes.includes(remembered()) ? remembered() : "system");
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(theme.querySelector("span").textContent) + 1) % themes.length];
    setTheme(next);
    remember(next);
  });

  // Search and filters. Text is gathered once per clause, when somebody first searches.
  const texts = new Map();
  const textOf = (clause) => {
    if (!texts.has(clause)) {
      texts.set(clause, {
        head: [clause.dataset.clause, ...all(".text, .why", clause).map((part) => part.textContent)].join(" ").toLowerCase(),
        whole: clause.textContent.toLowerCase(),
      });
    }
    return texts.get(clause);
  };
  const chosen = (filter) => chips
    .filter((chip) => chip.dataset.filter === filter && chip.getAttribute("aria-pressed") === "true")
    .map((chip) => chip.dataset.value);
  const apply = () => {
    const outcomes = chosen("outcome");
    const levels = chosen("level");
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const clause of clauses) {
      const inHead = !wanted || textOf(clause).head.includes(wanted);
      const matches = (!outcomes.length || outcomes.includes(clause.dataset.outcome))
        && (!levels.length || levels.includes(clause.dataset.level))
        && (inHead || textOf(clause).whole.includes(wanted));
      clause.hidden = !matches;
      clause.classList.toggle("elsewhere", matches && !inHead);
      shown += matches;
    }
    for (const family of all(".family")) family.hidden = !family.querySelector(".clause:not([hidden])");
    one("#nothing").hidden = shown > 0;
    one("#shown").textContent = shown === clauses.length ? `${shown} clauses` : `${shown} of ${clauses.length} clauses`;
  };
  const showAll = () => {
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    apply();
  };
  let pending;
  search.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(apply, 80); });
  for (const chip of chips) {
    chip.disabled = false;
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  one("#clear").addEventListener("click", () => { showAll(); search.focus(); });
  one("#fold").addEventListener("click", () => { for (const clause of clauses) foldOf(clause).open = false; });

  // A hash unfolds what it names, also where a filter hides it.
  const follow = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* a broken hash */ }
    const clause = target?.closest(".clause");
    const section = target?.closest(".family");
    if (!section) return;
    if (clause ? clause.hidden : section.hidden) showAll();
    for (let node = target; node; node = node.parentElement) if (node.matches("details")) node.open = true;
    const summary = target.matches(".evidence") ? clause.querySelector("summary") : target.querySelector("summary");
    (summary ?? target).scrollIntoView({ block: "start" });
    summary?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", follow);
  // A second click on the same link changes no hash, yet somebody wants to go there.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) { event.preventDefault(); follow(); }
  });

  // Copying. Where the browser forbids it, the text is selected, ready for Ctrl+C.
  const copy = async (button) => {
    const text = button.parentElement.querySelector("pre");
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch {
      getSelection().selectAllChildren(text);
      done = "Selected";
    }
    button.textContent = done;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  for (const button of all(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  theme.hidden = false;
  one(".find").hidden = false;
  follow();
})();
