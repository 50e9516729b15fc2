(() => {
  const form = document.querySelector("form.find");
  if (!form) return;
  const input = document.getElementById("find");
  const told = document.getElementById("found");
  const rows = [...document.querySelectorAll("tr[data-provider]")];
  const groups = [...document.querySelectorAll("g[data-provider]")];
  const fold = (text) => text.trim().toLocaleLowerCase("en");
  const known = new Map(rows.map((row) => [row.dataset.provider, row.cells[0].textContent.trim()]));
  const most = 12;
  for (const [, name] of known) {
    const option = document.createElement("option");
    option.value = name;
    document.getElementById("find-names").append(option);
  }
  const search = (wanted) => {
    const all = [...known];
    const exact = all.filter(([code, name]) => fold(code) === wanted || fold(name) === wanted);
    return exact.length ? exact : all.filter(([code, name]) =>
      fold(code).includes(wanted) || fold(name).includes(wanted));
  };
  const shine = (group, name) => {
    const svg = group.ownerSVGElement;
    const add = (kind, values, text) => {
      const node = document.createElementNS(svg.namespaceURI, kind);
      for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
      if (text) node.textContent = text;
      svg.append(node);
      return node;
    };
    group.classList.add("lit");
    const box = group.getBBox();
    const width = Math.max(box.width + 6, 10), height = Math.max(box.height + 3, 10);
    const x = box.x + box.width / 2 - width / 2, y = box.y + box.height / 2 - height / 2;
    const light = add("rect", { class: "light", x, y, width, height, rx: 2 });
    light.style.pointerEvents = "none";
    const label = add("text", { class: "light-name", "dominant-baseline": "central" }, name);
    const room = svg.viewBox.baseVal.width, long = label.getComputedTextLength();
    const after = x + width + 3, before = x - long - 3;
    const inside = Math.max(1, Math.min(room - long - 1, box.x + box.width / 2 - long / 2));
    const fits = after + long <= room ? after : before >= 0 ? before : null;
    label.setAttribute("x", fits ?? inside);
    label.setAttribute("y", fits === null ? Math.max(8, y - 6) : y + height / 2);
  };
  const dim = () => {
    for (const node of document.querySelectorAll(".light, .light-name")) node.remove();
    for (const node of document.querySelectorAll(".lit")) node.classList.remove("lit");
  };
  const bring = (row) => {
    const pane = row.closest(".wide");
    const head = row.closest("table").tHead.offsetHeight;
    const gap = row.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    pane.scrollTop += gap - head - 8;
  };
  const find = () => {
    dim();
    const wanted = fold(input.value);
    if (!wanted) {
      told.textContent = "";
      return [];
    }
    const found = search(wanted);
    const codes = new Set(found.map(([code]) => code));
    const lit = rows.filter((row) => codes.has(row.dataset.provider));
    for (const row of lit) row.classList.add("lit");
    if (found.length <= most) {
      for (const group of groups) {
        const code = group.dataset.provider;
        if (codes.has(code)) shine(group, known.get(code));
      }
    }
    if (lit.length) bring(lit[0]);
    const count = found.length;
    if (!count) told.textContent = "No such provider.";
    else {
      const where = document.querySelector("g.lit") ? "table and pictures" : "table";
      const who = count === 1 ? `${found[0][1]} is` : `${count} providers are`;
      told.textContent = `${who} marked in ${where}.`;
    }
    return lit;
  };
  input.addEventListener("input", find);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [row] = find();
    if (!row) return;
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    input.value = "";
    find();
  });
  form.hidden = false;
})();
