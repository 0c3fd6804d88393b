// Counts words while they are written. Without script the page says the same when it is sent.
"use strict";
for (const line of document.querySelectorAll("[data-count]")) {
  const areas = line.dataset.count.split(" ").map((id) => document.getElementById(id));
  const rest = line.textContent.includes(" · ") ? line.textContent.slice(line.textContent.indexOf(" · ")) : "";
  const count = () => {
    const words = areas.map((area) => area.value.trim()).join(" ").split(/\s+/).filter(Boolean).length;
    line.textContent = line.dataset.words.replace("{count}", words) + rest;
  };
  for (const area of areas) area.addEventListener("input", count);
}
