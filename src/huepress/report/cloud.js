// The cloud: points turned by two angles, drawn from back to front.
const canvas = document.querySelector(".cloud");
const pen = canvas.getContext("2d");
const packed = JSON.parse(document.getElementById("points").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const triples = (text) => new Int16Array(bytes(text).buffer);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const rgb = (values, at, step) => `rgb(${values[at * step]},${values[at * step + 1]},${values[at * step + 2]})`;
const colors = bytes(packed.colors), codes = bytes(packed.codes);
const labels = new Uint16Array(bytes(packed.labels).buffer);
const spaces = Object.fromEntries(Object.entries(packed.spaces).map(
  ([name, places]) => [name, { points: triples(places.points), codes: triples(places.codes) }]));
const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;
let turn = -0.7, tilt = 0.35;

function draw() {
  const scale = window.devicePixelRatio, width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.setTransform(scale, 0, 0, scale, width * scale / 2, height * scale / 2);
  const size = Math.min(width, height) * 0.68 / 10000;
  const [ct, st, cu, su] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  const place = (x, y, z) => {
    const across = x * ct - z * st, depth = x * st + z * ct;
    return [across * size, -(y * cu - depth * su) * size, y * su + depth * cu];
  };
  const space = spaces[chosen("space")], after = chosen("dots") === "after";
  const shapes = [];
  for (let i = 0; i < labels.length; i++) {
    const at = place(space.points[3 * i], space.points[3 * i + 1], space.points[3 * i + 2]);
    shapes.push([...at, 1.6, after ? rgb(codes, labels[i], 4) : rgb(colors, i, 3), false]);
  }
  packed.shares.forEach((share, code) => {
    if (codes[4 * code + 3] === 0) return;
    const at = place(space.codes[3 * code], space.codes[3 * code + 1], space.codes[3 * code + 2]);
    shapes.push([...at, 3.5 + 26 * Math.sqrt(share), rgb(codes, code, 4), true]);
  });
  shapes.sort((a, b) => b[2] - a[2]);
  box(place);
  pen.strokeStyle = css("--ink");
  pen.lineWidth = packed.shares.length > 64 ? 0.6 : 1.25;
  for (const [x, y, , radius, color, outlined] of shapes) {
    pen.fillStyle = color;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
    if (outlined) pen.stroke();
  }
}

function box(place) {
  pen.strokeStyle = css("--line");
  pen.lineWidth = 1;
  const ends = [-5000, 5000];
  for (const a of ends) for (const b of ends) {
    for (const corner of [(t) => place(t, a, b), (t) => place(a, t, b), (t) => place(a, b, t)]) {
      pen.beginPath();
      pen.moveTo(...corner(-5000).slice(0, 2));
      pen.lineTo(...corner(5000).slice(0, 2));
      pen.stroke();
    }
  }
}

const redraw = () => requestAnimationFrame(draw);
canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
canvas.addEventListener("pointermove", (event) => {
  if (!(event.buttons & 1)) return;
  turn += event.movementX / 120;
  tilt = Math.max(-1.5, Math.min(1.5, tilt + event.movementY / 120));
  redraw();
});
canvas.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] }[event.key];
  if (!step) return;
  event.preventDefault();
  turn += step[0];
  tilt = Math.max(-1.5, Math.min(1.5, tilt + step[1]));
  redraw();
});
for (const input of document.querySelectorAll(".choices input")) input.addEventListener("change", redraw);
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
draw();
