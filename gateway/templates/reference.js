"use strict";
(() => {
  const filter = document.getElementById("filter");
  const operations = [...document.querySelectorAll(".operation")];
  const asides = [...document.querySelectorAll(".shape, .section")];

  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const operation of operations) {
      operation.hidden = !words.every((word) => operation.dataset.text.includes(word));
    }
    for (const aside of asides) {
      aside.hidden = words.length > 0;
    }
    for (const group of document.querySelectorAll("section.group")) {
      const shown = words.length === 0 || group.querySelector(".operation:not([hidden])") !== null;
      group.hidden = !shown;
      const entry = document.querySelector(`nav li[data-group="${group.id}"]`);
      if (entry) {
        entry.hidden = !shown;
      }
    }
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
    } else if (target && target.classList.contains("shape") && filter.value) {
      filter.value = "";
      apply();
      target.scrollIntoView();
    }
  }

  filter.addEventListener("input", apply);
  window.addEventListener("hashchange", openTarget);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== filter) {
      event.preventDefault();
      filter.focus();
    }
  });
  openTarget();
})();
