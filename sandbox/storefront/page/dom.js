// Small helpers: elements, numbers, requests.

export const $ = (id) => document.getElementById(id);

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

export const fill = (element, ...children) => element.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));

export const money = (amount, currency) => new Intl.NumberFormat("en-IE", { style: "currency", currency: currency || "EUR" }).format(amount);

export const seconds = (value) => (value == null ? "" : value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`);

export async function ask(path, body) {
  const request = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(path, request);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail || `${path}: ${answer.status}`);
  return said;
}

export function problem(error) {
  const place = $("problem");
  place.textContent = error ? error.message : "";
  place.hidden = !error;
}
