// The picture of an impact: move, zoom, find, and follow the shortest way. Without this script it is a picture of links.
"use strict";

for (const card of document.querySelectorAll("[data-map]")) {
  const svg = card.querySelector("svg");
  const why = card.querySelector("[data-map-why]");
  const boxes = [...svg.querySelectorAll(".tg-map-box")];
  const lines = [...svg.querySelectorAll(".tg-map-line")];
  const byKey = new Map(boxes.map((box) => [box.dataset.key, box]));
  const whole = svg.viewBox.baseVal;
  const full = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  const hint = why.textContent;

  const show = (x, y, width, height) => svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  const zoom = (factor, at) => {
    const now = svg.viewBox.baseVal;
    const width = Math.min(Math.max(now.width * factor, 300), full.width * 2);
    const scale = width / now.width;
    const centre = at || { x: now.x + now.width / 2, y: now.y + now.height / 2 };
    show(centre.x - (centre.x - now.x) * scale, centre.y - (centre.y - now.y) * scale, width, now.height * scale);
  };
  const place = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const middle = (box) => {
    const { x, y, width, height } = box.querySelector("rect").getBBox();
    return { x: x + width / 2, y: y + height / 2 };
  };

  // The way from the root to a box is lit, and every line that touches the box is shown.
  const light = (box) => {
    for (const one of [...boxes, ...lines]) { delete one.dataset.lit; delete one.dataset.near; }
    why.textContent = box ? box.querySelector("title").textContent : hint;
    const key = box?.dataset.key;
    for (const line of lines) if (key && (line.dataset.start === key || line.dataset.end === key)) line.dataset.near = "";
    for (let one = box; one; one = byKey.get(one.dataset.via)) {
      one.dataset.lit = "";
      const { key, via } = one.dataset;
      for (const line of lines) if (line.dataset.end === key && line.dataset.start === via) line.dataset.lit = "";
    }
  };
  for (const box of boxes) {
    box.addEventListener("pointerenter", () => light(box));
    box.addEventListener("focus", () => { light(box); reveal(box); });
  }
  svg.addEventListener("pointerleave", () => light(null));

  // One stop for the Tab key; the arrows walk: sideways along columns, up and down within one.
  const stop = (box) => { for (const one of boxes) one.setAttribute("tabindex", one === box ? "0" : "-1"); };
  stop(boxes[0]);
  const reveal = (box) => {
    const { x, y } = middle(box);
    const now = svg.viewBox.baseVal;
    if (x < now.x || x > now.x + now.width || y < now.y || y > now.y + now.height) {
      show(x - now.width / 2, y - now.height / 2, now.width, now.height);
    }
  };
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  svg.addEventListener("keydown", (event) => {
    const direction = DIRECTIONS[event.key];
    const from = event.target.closest(".tg-map-box");
    if (!direction || !from) return;
    event.preventDefault();
    const here = middle(from);
    const far = (box) => {
      const there = middle(box);
      const [dx, dy] = [there.x - here.x, there.y - here.y];
      const ahead = dx * direction[0] + dy * direction[1];
      const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
      return ahead > 1 ? ahead + 3 * aside : Infinity;
    };
    const next = boxes.reduce((best, box) => (far(box) < far(best) ? box : best), from);
    stop(next);
    next.focus();
  });

  // Moving and zooming.
  let grip = null;
  svg.dataset.moves = "";
  svg.addEventListener("pointerdown", (event) => { grip = { ...toPlain(place(event)), moved: false }; });
  const toPlain = ({ x, y }) => ({ x, y });
  svg.addEventListener("pointermove", (event) => {
    if (!grip || !event.buttons) return;
    const at = place(event);
    const now = svg.viewBox.baseVal;
    if (Math.abs(grip.x - at.x) + Math.abs(grip.y - at.y) > now.width / 200) grip.moved = true;
    if (grip.moved) show(now.x + grip.x - at.x, now.y + grip.y - at.y, now.width, now.height);
  });
  svg.addEventListener("click", (event) => { if (grip?.moved) event.preventDefault(); grip = null; }, true);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.85 : 1.18, place(event));
  }, { passive: false });
  card.querySelector("[data-map-tools]").hidden = false;
  for (const button of card.querySelectorAll("[data-map-zoom]")) {
    button.addEventListener("click", () => zoom(Number(button.dataset.mapZoom)));
  }
  card.querySelector("[data-map-fit]").addEventListener("click", () => show(full.x, full.y, full.width, full.height));

  // Finding.
  const find = card.querySelector("[data-map-find]");
  find.addEventListener("input", () => {
    const asked = find.value.trim().toLowerCase();
    const hits = boxes.filter((box) => box.querySelector("title").textContent.split(":")[0].toLowerCase().includes(asked));
    for (const box of boxes) box.toggleAttribute("data-dim", Boolean(asked) && !hits.includes(box));
    for (const line of lines) line.toggleAttribute("data-dim", Boolean(asked));
    if (asked && hits.length) reveal(hits[0]);
    why.textContent = asked ? `${hits.length} / ${boxes.length}` : hint;
  });

  // A picture much taller or wider than its frame begins at the item that was asked about, in a size that can be read.
  const frame = svg.getBoundingClientRect();
  const readable = Math.min(full.width, frame.width / 0.7);
  if (full.width > readable) show(full.x, full.y, readable, (readable * frame.height) / frame.width);
}
