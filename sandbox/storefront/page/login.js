// The dialog in which a guest becomes somebody, and somebody changes what they allow.

import { $, fill, h } from "./dom.js";
import { change, leave, tell, visitor } from "./visitor.js";

async function enter(user_id, first_name, email, then) {
  $("login").close();
  change({ user_id, first_name });
  await tell("login", { email });
  then();
}

function person(each, then) {
  const says = `${each.orders} orders · personalization ${each.personalization ? "allowed" : "refused"} · e-mail ${each.marketing ? "allowed" : "refused"}`;
  return h("li", {}, h("button", { type: "button", onclick: () => enter(each.user_id, each.first_name, "", then) },
    h("b", {}, each.first_name), h("small", {}, each.user_id), h("span", {}, says)));
}

function newcomer(then) {
  const form = h("form", { class: "newcomer" },
    h("label", {}, "User id", h("input", { name: "user_id", required: true, maxlength: 100, autocomplete: "off", placeholder: "N000001" })),
    h("label", {}, "E-mail address", h("input", { name: "email", type: "email", maxlength: 100, autocomplete: "off", placeholder: "optional" })),
    h("button", { class: "primary" }, "Log in"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = new FormData(form);
    enter(said.get("user_id").trim(), "", said.get("email"), then);
  });
  return form;
}

function settings(purposes) {
  return Object.entries(purposes).map(([name, words]) => {
    const box = h("input", { type: "checkbox", name, checked: visitor.consent[name] === true });
    box.addEventListener("change", () => { change({ consent: { ...visitor.consent, [name]: box.checked } }); tell("consent"); });
    return h("label", { class: "setting" }, box, ` ${name}: ${words}`);
  });
}

export function dialog(people, purposes, then) {
  const close = h("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => $("login").close() }, "×");
  const out = () => { $("login").close(); leave(); location.hash = "#/"; then(); };
  const body = visitor.user_id
    ? [h("h2", { id: "login-title" }, visitor.first_name || visitor.user_id), h("h3", {}, "What you allow on this site"), settings(purposes),
      h("div", { class: "buttons" }, h("button", { type: "button", class: "quiet", onclick: () => { $("login").close(); tell("unsubscribe"); } }, "No more e-mails"),
        h("button", { type: "button", class: "quiet", onclick: out }, "Log out"))]
    : [h("h2", { id: "login-title" }, "Who are you?"), h("p", {}, "A customer of the generated shop: history, scores and consents are theirs."),
      h("ul", { class: "people" }, people.map((each) => person(each, then))),
      h("h3", {}, "Or somebody new"), h("p", {}, "Segment knows you at once, and the browser's events count; a customer you are after the next onboarding."), newcomer(then)];
  fill($("login"), close, body);
  $("login").showModal();
}
