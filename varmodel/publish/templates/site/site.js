(() => {
  const form = document.querySelector("form.find");
  if (!form) return;
  const input = document.getElementById("find");
  const told = document.getElementById("found");
  const list = form.querySelector(".hits");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase("en");
  const known = PROVIDERS.map(([code, name, file]) => ({
    code, name, file, head: fold(code), words: fold(name).split(/[^\p{L}\p{N}]+/u), text: fold(`${name} ${code}`),
  }));
  const nearness = (one, wanted) => {
    if (one.head === wanted) return 0;
    if (one.text.startsWith(wanted) || one.head.startsWith(wanted)) return 1;
    if (one.words.some((word) => word.startsWith(wanted))) return 2;
    return one.text.includes(wanted) ? 3 : 4;
  };
  const show = () => {
    const wanted = fold(input.value.trim());
    const ranked = wanted ? known.map((one) => [nearness(one, wanted), one]) : [];
    const found = ranked.filter(([near]) => near < 4).sort(([a], [b]) => a - b);
    list.replaceChildren(...found.map(([, one]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      const name = document.createElement("bdi");
      const code = document.createElement("bdi");
      link.href = form.dataset.root + one.file;
      name.textContent = one.name || one.code;
      code.textContent = one.name ? one.code : "";
      code.className = "code";
      link.append(name, code);
      item.append(link);
      return item;
    }));
    list.hidden = !found.length;
    told.textContent = wanted ? `${found.length} found` : "";
  };
  const links = () => [...list.querySelectorAll("a")];
  input.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    links()[0]?.click();
  });
  form.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      input.value = "";
      show();
      input.focus();
    } else if (step) {
      const all = [input, ...links()];
      const at = all.indexOf(document.activeElement) + step;
      all[Math.min(Math.max(at, 0), all.length - 1)].focus();
      event.preventDefault();
    }
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) list.hidden = true;
  });
  form.hidden = false;
})();
