// Only comfort: everything can be read without it.
"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = "Copied";
    } catch {
      // A page opened from a file may not use the clipboard; selecting always works.
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = "Selected: press Ctrl+C";
    }
    setTimeout(() => { button.textContent = said; }, 2500);
  });
}
for (const button of document.querySelectorAll("button[data-fold]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.dataset.fold === "open";
    for (const part of document.querySelectorAll("details.part")) part.open = open;
  });
}
// What failed is at the end of the picture.
for (const picture of document.querySelectorAll("header.failed ~ section .scroll:has(> .overview)")) {
  picture.scrollLeft = picture.scrollWidth;
}
// A link into a folded part opens it.
function unfold() {
  let part = document.getElementById(location.hash.slice(1));
  for (let at = part; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (part) part.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
