
// The player: two canvases that show the same frame. Each step of a picture is the box that differs
// from the step before, so that going back paints anew from the first one.
(() => {
  const film = document.querySelector(".film");
  const { steps, frames, before, after } = JSON.parse(document.getElementById("film").textContent);
  const find = (what) => film.querySelector(what);
  const strips = find(".strips"), time = find("[data-time]"), cut = find("[data-cut]"), play = find("[data-play]");
  const seconds = (ms) => (ms / 1000).toFixed(2) + " s";

  const track = (changes, canvas) => {
    const pictures = changes.map((change) => {
      if (!change.length) return null;
      const picture = new Image();
      picture.src = "data:image/webp;base64," + change[2];
      return picture;
    });
    return { changes, pictures, context: canvas.getContext("2d"), at: -1 };
  };
  const tracks = [track(before, find(".original")), track(after, find(".compressed"))];
  const paint = (one, step) => {
    if (step < one.at) one.at = -1;
    while (one.at < step) {
      const picture = one.pictures[++one.at];
      if (!picture) continue;
      const [left, top] = one.changes[one.at];
      one.context.clearRect(left, top, picture.naturalWidth, picture.naturalHeight);
      one.context.drawImage(picture, left, top);
    }
  };

  let now = 0;
  const show = (step) => {
    now = Math.max(0, Math.min(steps.length - 1, step));
    for (const one of tracks) paint(one, now);
    const [first, start, duration, score, bytes] = steps[now];
    const next = now + 1 < steps.length ? steps[now + 1][0] : frames;
    const which = next - first > 1 ? first + " to " + (next - 1) : first;
    find(".told").textContent = "frame " + which + " of " + frames + ", at " + seconds(start) + " for "
      + duration + " ms: score " + score.toFixed(1).replace("-", "−") + ", " + bytes.toLocaleString("en") + " bytes";
    time.value = now;
    time.setAttribute("aria-valuetext", "frame " + which + ", " + seconds(start));
    strips.style.setProperty("--now", 100 * now / steps.length + "%");
    strips.style.setProperty("--step", 100 / steps.length + "%");
    film.dataset.step = now;
  };

  // One clock for both: what is left over of a frame's time goes to the next.
  let speed = 1, last = null, spent = 0;
  const tick = (at) => {
    if (last === null) return;
    spent += Math.min(at - last, 1000) * speed;
    last = at;
    let step = now;
    while (spent >= steps[step][2]) {
      spent -= steps[step][2];
      step = (step + 1) % steps.length;
    }
    if (step !== now) show(step);
    requestAnimationFrame(tick);
  };
  const stop = () => {
    last = null;
    play.textContent = "Play";
  };
  const goTo = (step) => { stop(); show(step); };
  play.addEventListener("click", () => {
    if (last !== null) return stop();
    spent = 0;
    last = performance.now();
    play.textContent = "Pause";
    requestAnimationFrame(tick);
  });
  find("[data-back]").addEventListener("click", () => goTo(now - 1));
  find("[data-forth]").addEventListener("click", () => goTo(now + 1));
  const scores = steps.map((step) => step[3]);
  find("[data-worst]").addEventListener("click", () => goTo(scores.indexOf(Math.min(...scores))));
  time.addEventListener("input", () => goTo(Number(time.value)));
  for (const button of film.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => goTo(Number(button.dataset.step)));
  }
  const chart = find(".chart");
  const point = (event) => {
    if (!(event.buttons & 1)) return;
    const box = chart.getBoundingClientRect();
    goTo(Math.floor(steps.length * (event.clientX - box.left) / box.width));
  };
  chart.addEventListener("pointerdown", (event) => { chart.setPointerCapture(event.pointerId); point(event); });
  chart.addEventListener("pointermove", point);

  const divide = () => {
    film.style.setProperty("--cut", cut.value + "%");
    cut.setAttribute("aria-valuetext", Math.round(cut.value) + "%");
  };
  cut.addEventListener("input", divide);
  const pair = find(".pair");
  const drag = (event) => {
    if (film.classList.contains("side") || !(event.buttons & 1)) return;
    const box = pair.getBoundingClientRect();
    cut.value = 100 * (event.clientX - box.left) / box.width;
    divide();
  };
  pair.addEventListener("pointerdown", (event) => { pair.setPointerCapture(event.pointerId); drag(event); });
  pair.addEventListener("pointermove", drag);

  for (const input of film.querySelectorAll("[name=speed]")) {
    input.addEventListener("change", () => { speed = Number(input.value); });
  }
  for (const input of film.querySelectorAll("[name=show]")) {
    input.addEventListener("change", () => film.classList.toggle("side", input.value === "beside"));
  }
  const pictures = tracks.flatMap((one) => one.pictures.filter(Boolean));
  Promise.all(pictures.map((picture) => picture.decode())).then(() => { show(0); film.dataset.ready = ""; });
})();
