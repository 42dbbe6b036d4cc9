// Building and changing the page: elements, panels, tables that change cell by cell.

/** element("p", {class: "note", text: "…"}, child, …); other keys are attributes. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Changes nothing when nothing is new: no layout, no selection lost. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

/** A titled box. size: its columns of twelve, from 1,200 px on ("w4") and from 2,000 px on ("x3"). */
export function panel(parent, title, size, { note, flush = false } = {}) {
  const head = element("header", {}, element("h2", { text: title }));
  const noteNode = element("span", { class: "note", text: note ?? "" });
  const body = element("div", { class: flush ? "body flush" : "body" });
  head.append(noteNode);
  const box = element("section", { class: `panel ${size}`, "aria-label": title }, head, body);
  parent.append(box);
  return { box, head, body, note: (text) => setText(noteNode, text) };
}

export function panels(parent) {
  const grid = element("div", { class: "panels" });
  parent.append(grid);
  return grid;
}

/** A list of names and values. rows: [key, label, path in the status or undefined]. */
export function facts(parent, rows) {
  const list = element("dl", { class: "facts two" });
  const values = {};
  for (const [key, label, field] of rows) {
    const value = element("dd", { text: "–", "data-field": field });
    values[key] = value;
    list.append(element("div", {}, element("dt", { text: label }), value));
  }
  parent.append(list);
  return {
    set(key, text, state) {
      setText(values[key], text);
      if (state !== undefined) setClass(values[key], `state ${state}`);
    },
  };
}

/**
 * A table that is changed in place. columns: {title, number, cell(row) → text or {text, class},
 * draw(td, row)}; key(row) tells rows apart; pick(row) makes them answer to click and Enter;
 * rowClass(row): "off" for what does not count.
 */
export function table(parent, { columns, key, pick, label, empty = "nothing yet", rowClass, tall = false }) {
  const head = element("tr", {}, ...columns.map((column) =>
    element("th", { scope: "col", class: column.number ? "number" : "", text: column.title })));
  const body = element("tbody");
  const scroll = element("div", { class: tall ? "scroll tall" : "scroll", tabindex: "0", role: "region", "aria-label": label, hidden: "" },
    element("table", {}, element("thead", {}, head), body));
  const nothing = element("p", { class: "empty", text: empty });
  parent.append(scroll, nothing);
  const known = new Map();
  let selected = null;

  function makeRow(row) {
    const cells = columns.map((column) => element("td", { class: column.number ? "number" : "" }));
    const made = { tr: element("tr", {}, ...cells), cells, row };
    if (pick) {
      made.tr.classList.add("pick");
      made.tr.tabIndex = 0;
      made.tr.addEventListener("click", () => choose(made));
      made.tr.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          choose(made);
        }
      });
    }
    return made;
  }

  function choose(made) {
    selected = key(made.row);
    for (const [id, other] of known) other.tr.setAttribute("aria-selected", String(id === selected));
    pick(made.row);
  }

  function fill(made, row) {
    made.row = row;
    columns.forEach((column, i) => {
      const cell = made.cells[i];
      if (column.draw) {
        column.draw(cell, row);
        return;
      }
      const value = column.cell(row);
      const plain = typeof value === "object" && value !== null ? value : { text: value };
      setText(cell, String(plain.text));
      setClass(cell, `${column.number ? "number " : ""}${plain.class ?? ""}`);
    });
    if (rowClass) made.tr.classList.toggle("off", rowClass(row) === "off");
  }

  return {
    set(rows) {
      const wanted = new Set(rows.map(key));
      for (const [id, made] of known) {
        if (!wanted.has(id)) {
          made.tr.remove();
          known.delete(id);
        }
      }
      rows.forEach((row, i) => {
        let made = known.get(key(row));
        if (!made) {
          made = makeRow(row);
          known.set(key(row), made);
        }
        if (body.children[i] !== made.tr) body.insertBefore(made.tr, body.children[i] ?? null);
        fill(made, row);
      });
      nothing.hidden = rows.length > 0;
      scroll.hidden = rows.length === 0;
    },
  };
}
