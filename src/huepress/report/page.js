"use strict";

// Before and after: one slider a view, moved by the range input, or by dragging on the picture.
for (const view of document.querySelectorAll(".view")) {
  const slider = view.querySelector("input[type=range]");
  const stage = view.querySelector(".stage");
  const show = () => {
    view.style.setProperty("--cut", slider.value + "%");
    slider.setAttribute("aria-valuetext", Math.round(slider.value) + "%");
  };
  const drag = (event) => {
    if (view.classList.contains("zoomed") || !(event.buttons & 1)) return;
    const box = stage.getBoundingClientRect();
    slider.value = 100 * (event.clientX - box.left) / box.width;
    show();
  };
  slider.addEventListener("input", show);
  stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); drag(event); });
  stage.addEventListener("pointermove", drag);
  stage.addEventListener("dragstart", (event) => event.preventDefault());

  // Real pixels, whatever the screen's density.
  const width = stage.querySelector("img").getAttribute("width");
  view.style.setProperty("--dpr", window.devicePixelRatio);
  const crisp = (zoom) => zoom >= 1 || stage.clientWidth * window.devicePixelRatio >= 1.9 * width;
  const choose = (zoom) => {
    view.style.setProperty("--zoom", zoom);
    view.classList.toggle("zoomed", zoom > 0);
    view.classList.toggle("crisp", crisp(zoom));
    const frame = view.querySelector(".frame");
    frame.tabIndex = zoom > 0 ? 0 : -1;
    frame.scrollTo((frame.scrollWidth - frame.clientWidth) / 2, (frame.scrollHeight - frame.clientHeight) / 2);
  };
  const sizes = view.querySelector(".zoom");
  const name = "zoom" + [...document.querySelectorAll(".view")].indexOf(view);
  for (const [zoom, text] of [[0, "fit"], [1, "100%"], [2, "200%"], [4, "400%"]]) {
    const label = sizes.appendChild(document.createElement("label"));
    const input = label.appendChild(document.createElement("input"));
    Object.assign(input, { type: "radio", name, checked: zoom === 0 });
    input.addEventListener("change", () => choose(zoom));
    label.append(" " + text);
  }
  choose(0);
}

// The order of the colours.
for (const input of document.querySelectorAll("[data-orders] input")) {
  input.addEventListener("change", () => {
    for (const swatch of document.querySelectorAll(".swatches li")) swatch.style.order = swatch.dataset[input.value];
  });
}

// The compressed file is already here, as a picture.
for (const link of document.querySelectorAll("[data-save]")) link.href = document.querySelector(".after").src;

// Copy the command.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
  });
}
