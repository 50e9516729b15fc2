"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim();
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true });
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
      const empty = rows.filter(([value]) => value === "");
      const filled = rows.filter(([value]) => value !== "");
      filled.sort(([a], [b]) => (down ? compare(b, a) : compare(a, b)));
      body.append(...[...filled, ...empty].map(([, row]) => row));
    });
  });
  if (body.rows.length < 8 || document.querySelector("form.find")) continue;
  const box = document.createElement("div");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const told = document.createElement("span");
  box.className = "search";
  label.textContent = "Find in this table";
  input.type = "search";
  input.id = label.htmlFor = "find-" + table.caption.id;
  told.setAttribute("role", "status");
  box.append(label, input, told);
  table.parentElement.before(box);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLocaleLowerCase("en");
    const rows = [...table.tBodies].flatMap((part) => [...part.rows]);
    let count = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLocaleLowerCase("en").includes(wanted);
      count += !row.hidden;
    }
    told.textContent = wanted ? `${count} of ${rows.length} shown` : "";
  });
}
