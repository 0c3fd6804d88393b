/* The page of choices, made livelier: what words would have caught and what the next letter would hold are shown
   while one types. Everything works without this file too, by buttons. */
"use strict";
(() => {
  const form = document.getElementById("choices");
  if (!form) return;
  const letter = document.getElementById("letter");
  const live = document.getElementById("live");
  const count = document.getElementById("live-count");
  const caught = document.getElementById("caught");
  const unsaved = document.getElementById("unsaved");
  const before = "unsaved" in form.dataset ? "" : content();
  let sending = false;

  function content() {
    return new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "do")).toString();
  }

  /* Asks for a piece of a page some time after the last call, and gives up what was asked before. */
  function asker(address, wait, show) {
    let timer = 0;
    let asked = null;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        if (asked) asked.abort();
        asked = new AbortController();
        try {
          const answer = await fetch(address, {
            method: "POST",
            body: content(),
            headers: { "Content-Type": "application/x-www-form-urlencoded" },
            signal: asked.signal,
          });
          if (answer.ok) show(await answer.text());
        } catch (error) {
          if (error.name !== "AbortError") live.textContent = "";
        }
      }, wait);
    };
  }

  const askWords = asker(form.dataset.caught, 700, (piece) => {
    caught.innerHTML = piece;
  });
  const askLetter = asker(form.dataset.letter, 1200, (piece) => {
    live.innerHTML = piece;
    const said = live.querySelector("[data-count]");
    count.textContent = said ? said.textContent : "";
    if (said) said.remove();
  });

  form.addEventListener("input", (event) => {
    const name = event.target.name || "";
    unsaved.hidden = content() === before;
    if (["keywords", "search", "reads", "reads_more"].includes(name)) askWords();
    if (letter.open) askLetter(); // it costs the server more than words do
    else live.textContent = count.textContent = "";
  });
  form.addEventListener("submit", () => {
    sending = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sending && content() !== before) event.preventDefault();
  });
  window.addEventListener("pageshow", () => {
    sending = false;
  });

  unsaved.hidden = content() === before;
  letter.hidden = false;
  letter.addEventListener("toggle", () => {
    if (letter.open && !live.childElementCount) askLetter();
  });
  const wrong = document.querySelector(".notice.bad a");
  if (wrong) wrong.focus();
})();
