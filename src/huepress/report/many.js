"use strict";

const table = document.querySelector(".files");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const rows = [...body.rows];

// Sort by a column: names by their letters and numbers, others by value; what has none comes last.
const letters = new Intl.Collator("en", { numeric: true });
const sort = (column, direction) => {
  const value = (row) => row.cells[column].dataset.value;
  const compare = heads[column].dataset.words === undefined ? (a, b) => a - b : letters.compare;
  const sign = direction === "ascending" ? 1 : -1;
  const [with_, without] = [rows.filter((row) => value(row) !== undefined), rows.filter((row) => value(row) === undefined)];
  body.remove();
  body.append(...with_.sort((a, b) => sign * compare(value(a), value(b))), ...without);
  table.append(body);
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", direction);
};
heads.forEach((head, column) => {
  if (!head.dataset.first) return;
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const other = { ascending: "descending", descending: "ascending" };
    sort(column, other[head.getAttribute("aria-sort")] ?? head.dataset.first);
  });
});

// Find by parts of the name, and by what became of it.
const form = document.querySelector(".find");
const [words, status, told] = ["input", "select", "output"].map((name) => form.querySelector(name));
const find = () => {
  const wanted = words.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const row of rows) {
    const name = row.cells[1].dataset.value.toLowerCase();
    const fits = !status.value || status.value.split(" ").includes(row.dataset.status);
    row.hidden = !(fits && wanted.every((word) => name.includes(word)));
    count += !row.hidden;
  }
  told.value = count === rows.length ? "" : `${count} of ${rows.length}`;
};
for (const input of [words, status]) input.addEventListener("input", find);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
find();
