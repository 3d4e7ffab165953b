// Who is at this browser: ids, consent, cart. Kept in the browser, as a shop's page does; a click is told together with it.

import { ask, problem } from "./dom.js";

const KEY = "omni-shop";
const fresh = () => ({ anonymous_id: `anon-${crypto.randomUUID()}`, user_id: "", first_name: "", consent: {}, cart: [], wishes: [] });
export const visitor = { ...fresh(), ...JSON.parse(localStorage.getItem(KEY) || "{}") };
visitor.session_id = sessionStorage.getItem(KEY) || crypto.randomUUID();
sessionStorage.setItem(KEY, visitor.session_id);
const listeners = [];

export const onChange = (listener) => listeners.push(listener);

export function change(more) {
  Object.assign(visitor, more);
  localStorage.setItem(KEY, JSON.stringify(visitor));
  listeners.forEach((listener) => listener());
}

// As analytics.reset() does: whoever comes next is somebody else.
export const leave = () => change({ ...fresh(), session_id: visitor.session_id });

export const asked = () => Object.keys(visitor.consent).length > 0;

export async function tell(action, more = {}) {
  const { anonymous_id, user_id, session_id, consent } = visitor;
  try {
    return await ask("/api/events", { who: { anonymous_id, user_id, session_id, consent }, action, ...more });
  } catch (error) {
    problem(error);
    return {};
  }
}

export const lines = (products) => products.map((product) => [product.product_id, 1]);

export function put(product_id, quantity) {
  const held = new Map(visitor.cart);
  if (quantity > 0) held.set(product_id, Math.min(quantity, 99));
  else held.delete(product_id);
  change({ cart: [...held] });
}

export const inCart = (product_id) => new Map(visitor.cart).get(product_id) || 0;
change({});
