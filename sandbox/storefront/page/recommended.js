// A row of recommendations: asked again when the loop has learnt something, with what is new and what has gone marked.

import { $, ask, fill, h, problem } from "./dom.js";
import { visitor } from "./visitor.js";

const WHY = { "for-you": "chosen for you", similar: "like what you look at", "bought-together": "bought together", "buy-again": "you buy it", popular: "popular", "in-stock": "in stock", promotion: "promotion" };
const FROM = { personalize: "Personalize", own: "own recommender", popular: "popular list", promotion: "promotion" };
const LIMIT = 6;
const shown = new Map();
let rows = [];

export function strip(placement, title, query, card) {
  const list = h("ul", { class: "row", "aria-busy": "true" });
  const gone = h("p", { class: "gone", hidden: true });
  const section = h("section", { class: "recommended", "data-placement": placement, "aria-label": title }, h("h2", {}, title, h("small", {}, "")), list, gone);
  const row = { placement, title, query, card, list, gone, section };
  rows = [...rows.filter((each) => each.section.isConnected), row];
  refresh(row);
  return section;
}

export const refreshAll = () => Promise.all(rows.filter((row) => row.section.isConnected).map(refresh));

async function refresh(row) {
  const query = new URLSearchParams({ anonymous_id: visitor.anonymous_id, user_id: visitor.user_id, limit: LIMIT, ...row.query });
  try {
    draw(row, await ask(`/api/recommendations/${row.placement}?${query}`));
  } catch (error) {
    problem(error);
  }
}

function draw(row, answer) {
  if (answer.problem) return fill(row.list, h("li", { class: "none" }, answer.problem));
  const key = `${row.placement} ${row.query.product_id || ""}`;
  const ids = answer.items.map((item) => item.product_id);
  const names = new Map(answer.items.map((item) => [item.product_id, item.name]));
  const held = shown.get(key);
  const changed = held && held.ids.join() !== ids.join();
  const before = changed ? held : held?.before;
  if (!held || changed) shown.set(key, { ids, names, before });
  const marks = (id) => (!before ? "" : !before.ids.includes(id) ? "new" : before.ids.indexOf(id) > ids.indexOf(id) ? "up" : "");
  fill(row.list, answer.items.map((item) => marked(row.card(item, { place: row.title, shown: ids, recommendation_id: answer.recommendationId }), item, marks(item.product_id))));
  row.list.removeAttribute("aria-busy");
  row.list.dataset.ids = ids.join();
  row.section.hidden = !ids.length;
  row.section.querySelector("small").textContent = answer.items.length ? FROM[answer.items[0].source] || "" : "";
  const gone = before ? before.ids.filter((id) => !ids.includes(id)).map((id) => before.names.get(id)) : [];
  row.gone.hidden = !gone.length;
  row.gone.textContent = `Not shown any more: ${gone.join(", ")}`;
  if (changed) note(row.title, ids.filter((id) => !held.ids.includes(id)).map((id) => names.get(id)), gone, ids.length);
}

function marked(element, item, mark) {
  element.firstChild.append(h("span", { class: "why" }, `${WHY[item.reason] || item.reason}`));
  if (mark) element.firstChild.prepend(h("span", { class: `mark ${mark}` }, mark === "new" ? "new" : "▲ moved up"));
  return element;
}

function note(title, came, gone, size) {
  fill($("changes"), h("h3", {}, `Recommendations changed: ${title}`),
    h("p", {}, came.length ? `${came.length} of ${size} are new` : "in another order"),
    came.length ? h("p", { class: "plus" }, `+ ${came.slice(0, 3).join(", ")}`) : null,
    gone.length ? h("p", { class: "minus" }, `− ${gone.slice(0, 3).join(", ")}`) : null);
}
