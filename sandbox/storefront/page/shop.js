// The shop itself: pages by the address after #, each saying to Segment what its visitor does.

import { $, ask, fill, h, money, problem } from "./dom.js";
import { picture } from "./art.js";
import { dialog } from "./login.js";
import { start } from "./panel.js";
import { strip } from "./recommended.js";
import { asked, change, inCart, lines, onChange, put, tell, visitor } from "./visitor.js";

const PURPOSES = { Personalization: "choose products by what I look at", Marketing: "be told about offers" };
let shop = { categories: [], people: [] };
let asked_for = 0;

function card(product, chosen = {}) {
  const open = () => sessionStorage.setItem("chosen", JSON.stringify({ id: product.product_id, ...chosen }));
  return h("li", { class: "product" },
    h("a", { href: `#/product/${encodeURIComponent(product.product_id)}`, onclick: open }, picture(product),
      h("span", { class: "name" }, product.name),
      h("span", { class: "price" }, money(product.price, product.currency))));
}

async function listed(title, query, place) {
  const { products } = await ask(`/api/products?${new URLSearchParams(query)}`);
  const shown = products.map((product) => product.product_id);
  if (query.q) await tell("search", { query: query.q });
  if (products.length) tell("list", { place, products: lines(products) });
  return [h("h1", {}, title), products.length ? null : h("p", {}, "Nothing is called that here. Try a shorter word."),
    h("ul", { class: "grid" }, products.map((product) => card(product, { place, shown })))];
}

async function home() {
  const hero = h("section", { class: "hero" }, h("div", {}, h("h1", {}, visitor.first_name ? `Good to see you, ${visitor.first_name}.` : "Good things for every day."),
    h("p", {}, visitor.user_id ? "What you do here changes what you see here, within seconds." : "Look around as a guest, log in when you like: it stays one story.")));
  const [, ...rest] = await listed("", {}, "home");
  return [hero, strip("home", "For you", {}, card), h("h2", {}, "In the shop"), ...rest];
}

async function product(id) {
  const { products: [found] } = await ask(`/api/products?ids=${encodeURIComponent(id)}`);
  if (!found) return [h("h1", {}, "This is not sold here"), h("p", {}, h("a", { href: "#/" }, "Back to the shop"))];
  const chosen = JSON.parse(sessionStorage.getItem("chosen") || "{}");
  const source = chosen.id === id ? { place: chosen.place, shown: chosen.shown, recommendation_id: chosen.recommendation_id } : {};
  sessionStorage.removeItem("chosen");
  tell("view", { products: lines([found]), ...source });
  const add = async () => { put(id, inCart(id) + 1); await tell("add", { products: lines([found]), ...source }); };
  const wish = h("button", { type: "button", class: "quiet", "aria-pressed": visitor.wishes.includes(id) ? "true" : "false" }, visitor.wishes.includes(id) ? "♥ On your wish list" : "♡ Wish for it");
  wish.addEventListener("click", async () => {
    change({ wishes: [...new Set([...visitor.wishes, id])] });
    fill(wish, "♥ On your wish list"); wish.setAttribute("aria-pressed", "true");
    await tell("wish", { products: lines([found]) });
  });
  return [h("article", { class: "detail" }, picture(found), h("div", {},
    h("p", { class: "path" }, h("a", { href: `#/category/${encodeURIComponent(found.category_l1 || "")}` }, found.category_l1 || "Shop"), found.category_l2 ? ` · ${found.category_l2}` : ""),
    h("h1", {}, found.name), h("p", { class: "brand-name" }, found.brand ? `by ${found.brand}` : ""),
    h("p", { class: "price" }, money(found.price, found.currency)),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: add }, "Add to cart"), wish))),
    strip("product", "Looked at together", { product_id: id }, card)];
}

async function cart() {
  if (!visitor.cart.length) return [h("h1", {}, "Your cart is empty"), h("p", {}, h("a", { href: "#/" }, "Back to the shop"))];
  const ids = visitor.cart.map(([id]) => id).join(",");
  const { products } = await ask(`/api/products?ids=${encodeURIComponent(ids)}`);
  const rows = products.map((each) => row(each, inCart(each.product_id)));
  const total = products.reduce((sum, each) => sum + each.price * inCart(each.product_id), 0);
  const buy = h("button", { type: "button", class: "primary", onclick: () => order(buy) }, "Buy");
  return [h("h1", {}, "Your cart"), h("div", { class: "cart" }, h("ul", { class: "lines" }, rows),
    h("div", { class: "sum" }, h("p", {}, "Total"), h("p", { class: "price" }, money(total, products[0]?.currency)), buy,
      h("p", { class: "note" }, visitor.user_id ? "No money moves: Checkout Started and Order Completed are told." : "You can buy as a guest, or log in first.")))
    , strip("cart", "Bought together", { product_id: ids }, card), strip("checkout", "Usually bought by you", { product_id: ids }, card)];
}

function row(each, quantity) {
  const set = async (next) => { put(each.product_id, next); await tell(next > quantity ? "add" : "remove", { products: lines([each]) }); show(); };
  return h("li", {}, picture(each), h("span", { class: "name" }, each.name),
    h("span", { class: "quantity" },
      h("button", { type: "button", "aria-label": `One ${each.name} less`, onclick: () => set(quantity - 1) }, "−"), h("b", {}, String(quantity)),
      h("button", { type: "button", "aria-label": `One ${each.name} more`, onclick: () => set(quantity + 1) }, "+")),
    h("span", { class: "price" }, money(each.price * quantity, each.currency)));
}

async function order(button) {
  button.disabled = true;
  const products = visitor.cart;
  await tell("checkout", { products });
  const { order_id } = await tell("buy", { products });
  button.disabled = false;
  if (!order_id) return;
  change({ cart: [] });
  location.hash = "#/thanks";
}

const thanks = async () => [h("section", { class: "hero" }, h("div", {}, h("h1", {}, "Thank you."), h("p", {}, "Now look to the counter: the order on its way, and what is said to you next.")))
  , strip("home", "For you, now that you have bought", {}, card)];

const ROUTES = [
  [/^#\/category\/(.+)$/, (name) => listed(name, { category: name }, `category ${name}`)],
  [/^#\/search\/(.+)$/, (words) => listed(`“${words}”`, { q: words }, "search")],
  [/^#\/product\/(.+)$/, product], [/^#\/cart$/, cart], [/^#\/thanks$/, thanks], [/^/, home],
];

// The newest page that was asked for is drawn; one that answers later than a newer one is not.
async function show() {
  const mine = ++asked_for;
  const [pattern, page] = ROUTES.find(([each]) => each.test(location.hash));
  const named = pattern.exec(location.hash)[1];
  const [drawn, failed] = await page(named && decodeURIComponent(named)).then((found) => [found, null], (error) => [null, error]);
  if (mine !== asked_for) return;
  if (drawn) fill($("main"), drawn);
  problem(failed);
  for (const link of $("categories").children) link.toggleAttribute("aria-current", link.hash === location.hash);
  window.scrollTo(0, 0);
}

function header() {
  $("cart-count").textContent = String(visitor.cart.reduce((sum, [, quantity]) => sum + quantity, 0));
  $("account").textContent = visitor.user_id ? visitor.first_name || visitor.user_id : "Log in";
  $("consent").hidden = asked();
}

function consent() {
  const boxes = Object.entries(PURPOSES).map(([name, words]) => h("label", {}, h("input", { type: "checkbox", name, checked: true }), ` ${words}`));
  const answer = (all) => {
    const said = Object.fromEntries(boxes.map((box) => [box.firstChild.name, all && box.firstChild.checked]));
    change({ consent: said });
    tell("consent");
  };
  fill($("consent"), h("p", {}, h("b", {}, "May we?")), boxes,
    h("button", { type: "button", class: "primary", onclick: () => answer(true) }, "Allow"), h("button", { type: "button", class: "quiet", onclick: () => answer(false) }, "Refuse all"));
}

async function open() {
  onChange(header);
  consent();
  header();
  start();
  shop = await ask("/api/shop");
  fill($("categories"), h("a", { href: "#/" }, "All"), shop.categories.map((name) => h("a", { href: `#/category/${encodeURIComponent(name)}` }, name)));
  $("account").addEventListener("click", () => dialog(shop.people, PURPOSES, show));
  $("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = new FormData(event.target).get("q").trim();
    if (words) location.hash = `#/search/${encodeURIComponent(words)}`;
  });
  window.addEventListener("hashchange", show);
  await show();
}

open().catch(problem);
