// Behind the counter: what the server has seen of this visitor, told as it happens.

import { $, fill, h, seconds } from "./dom.js";
import { refreshAll } from "./recommended.js";
import { onChange, visitor } from "./visitor.js";

const HOPS = ["door", "bus", "relay", "segment", "decision", "message"];
const SAYS = { door: "Door", bus: "Bus", relay: "Relay", segment: "Segment", decision: "Decision", message: "Message" };
let stream = null;
let following = "";
let learnt = "";

export function start() {
  follow();
  onChange(follow);
  setInterval(ticking, 1000);
}

function follow() {
  if (following === visitor.anonymous_id) return;
  following = visitor.anonymous_id;
  stream?.close();
  fill($("changes"), h("h3", {}, "Recommendations"), h("p", {}, "They change with what you do."));
  stream = new EventSource(`/api/stream?anonymous_id=${encodeURIComponent(following)}`);
  stream.onopen = () => { $("live").textContent = "live"; $("live").classList.add("on"); };
  stream.onerror = () => { $("live").textContent = "not connected"; $("live").classList.remove("on"); };
  stream.onmessage = (message) => draw(JSON.parse(message.data));
}

function draw(state) {
  fill($("who"), who(state));
  fill($("segments"), segments(state.customer.live_segments || []));
  fill($("action"), action(state.customer.next_action || {}, state));
  const open = new Set([...document.querySelectorAll("#traces details[open]")].map((each) => each.dataset.id));
  fill($("traces"), state.traces.map((trace, n) => one(trace, n < 2 || open.has(trace.id))));
  const now = JSON.stringify([state.user_id, state.customer.live_segments, state.traces.filter((trace) => trace.hops.relay.state === "done").map((trace) => trace.id)]);
  if (learnt && learnt !== now) refreshAll();
  learnt = now;
}

function who(state) {
  const { identity } = state;
  const name = visitor.user_id ? visitor.first_name || visitor.user_id : "Guest";
  const known = state.customer_id ? `customer ${state.customer_id.slice(0, 14)}` : visitor.user_id ? "known after the next onboarding" : `browser ${state.anonymous_id.slice(0, 13)}`;
  const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return [h("h3", {}, name, " ", h("small", {}, known)),
    identity.segment_profiles ? h("p", { id: "segment-identity" }, h("b", {}, "Segment "), `${many(identity.segment_profiles, "profile")}: ${many(identity.segment_user_ids.length, "user id")}, ${many(identity.segment_anonymous_ids.length, "browser")}`) : null,
    identity.personalize_events ? h("p", { id: "personalize-identity" }, h("b", {}, "Personalize "), `${many(identity.personalize_users.length, "user")}, ${many(identity.personalize_events, "event")}${identity.personalize_before_login ? `, ${identity.personalize_before_login} of them before the login` : ""}`) : null];
}

function segments(live) {
  const now = Date.now();
  const current = live.filter((each) => Date.parse(each.until) > now);
  return [h("h3", {}, "Live segments"), current.length
    ? h("ul", { class: "chips" }, current.map((each) => h("li", { "data-until": each.until }, each.name, " ", h("small", {}, left(each.until)))))
    : h("p", { class: "none" }, "in none")];
}

const left = (until) => {
  const rest = Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000));
  return rest > 7200 ? `${Math.round(rest / 3600)} h` : rest > 120 ? `${Math.round(rest / 60)} min` : `${rest} s`;
};

function ticking() {
  for (const chip of document.querySelectorAll("#segments li")) {
    if (Date.parse(chip.dataset.until) <= Date.now()) chip.remove();
    else chip.lastChild.textContent = left(chip.dataset.until);
  }
}

function action(next, state) {
  if (!next.caused_at) return [h("h3", {}, "Next action"), h("p", { class: "none" }, state.customer_id ? "nothing has led to a decision yet" : "decided for customers, once they are known")];
  return [h("h3", {}, "Next action ", h("small", {}, `decided upon what happened at ${new Date(next.caused_at).toLocaleTimeString("en-GB")}`)),
    next.action ? h("p", { class: "say" }, h("b", {}, next.action), ` by ${next.channel}, campaign ${next.campaign}`) : h("p", { class: "say" }, h("b", {}, "nothing to say now")),
    next.items.length ? h("p", {}, `about ${next.items.slice(0, 3).join(", ")}`) : null];
}

function one(trace, open) {
  const hops = HOPS.map((name) => [name, trace.hops[name]]);
  const said = hops.filter(([, hop]) => hop.text);
  return h("li", { class: trace.by_timer ? "trace timer" : "trace", "data-event": trace.title },
    h("details", { open, "data-id": trace.id },
      h("summary", {}, h("b", {}, trace.title), h("span", {}, trace.about),
        h("ol", { class: "hops", "aria-label": "Hops" }, hops.map(([name, hop]) => h("li", { class: hop.state, "data-hop": name, title: hop.text || "not yet" }, h("i", { "aria-hidden": "true" }), h("span", {}, SAYS[name]), h("small", {}, hop.state === "skipped" ? "–" : hop.state === "waiting" ? "" : seconds(hop.seconds)))))),
      h("dl", {}, said.flatMap(([name, hop]) => [h("dt", {}, SAYS[name]), h("dd", {}, hop.text)]))));
}
