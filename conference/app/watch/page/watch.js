"use strict";
// Shows what the server sends. Every text is set as text, never as markup: titles and reviews come
// from papers, and papers are hostile.

const at = (id) => document.getElementById(id);
const ROUND = new URLSearchParams(location.search).get("round") || "";
const STATES = { waiting: "waiting", running: "running", stopped: "stopped", finished: "finished" };
let shown = null; // the last view, to be told again as time passes
let lanesBefore = new Map(); // where each paper was, so that those that moved are seen to

function make(tag, given = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "share") node.style.setProperty("--share", percent(value));
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : value);
  }
  node.append(...inside.filter((one) => one !== null && one !== undefined && one !== ""));
  return node;
}

const percent = (share) => `${Math.max(0, Math.min(100, 100 * share)).toFixed(2)}%`;
const count = (number) => Math.round(number).toLocaleString("en");
const some = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;
const words = (name) => name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
const short = (number) =>
  number < 10000 ? count(number) : number < 1e6 ? `${(number / 1e3).toFixed(1)} k` : `${(number / 1e6).toFixed(2)} M`;

function clock(seconds) {
  const all = Math.max(0, Math.round(seconds)), hours = Math.floor(all / 3600);
  const two = (number) => String(number).padStart(2, "0");
  const rest = `${hours ? two(Math.floor((all % 3600) / 60)) : Math.floor(all / 60)}:${two(all % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function ago(time) {
  const seconds = Date.now() / 1000 - time;
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return new Date(1000 * time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

// Replace what a node holds only where that changed, so that scrolling and focus stay.
function fill(id, ...inside) {
  const node = at(id), next = make("div", {}, ...inside);
  if (node.innerHTML !== next.innerHTML) node.replaceChildren(...next.childNodes);
}

function tile(value, label, note, { bad = false, share = null } = {}) {
  const meter = share === null ? null : make("div", { cls: share > 0.9 ? "meter near" : "meter", share });
  return make("div", { cls: bad ? "tile bad" : "tile" }, make("b", {}, value), make("span", {}, label), note ? make("small", {}, note) : null, meter);
}

function setState(state, said = STATES[state]) {
  at("state").className = `state ${state}`;
  if (at("state").textContent !== said) at("state").textContent = said;
  document.body.className = state;
}

// --- one round ---------------------------------------------------------------------------------

function sentence(view) {
  const now = view.phases.find((phase) => phase.state === "now");
  const told = now ? `${words(now.name)}${now.step ? ` (${stepName(now)})` : ""}: ${progress(now)}` : "";
  const last = view.last ? `; last result ${ago(view.last)}` : "";
  if (view.state === "running" && now) {
    const left = now.left === null ? "" : `, about ${clock(now.left)} left in this phase`;
    return `${told}${left}${last}.`;
  }
  if (view.state === "running") return `The round begins${last}.`;
  if (view.state === "stopped") return `Stopped in ${told || "the first phase"}${last}. Nothing is lost: run the same command to go on.`;
  if (view.state === "finished") return `All phases are done${last}.`;
  return "Waiting for the round to begin.";
}

const stepName = (phase) => phase.step.replace(`${phase.name}.`, "").replaceAll(/[._]/g, " ");
const progress = (phase) =>
  phase.tasks === null ? `${count(phase.done)} so far` : `${count(phase.done)} of ${phase.at_most ? "at most " : ""}${count(phase.tasks)}`;

function phaseRow(phase) {
  const share = phase.state === "done" ? 1 : phase.tasks ? phase.done / phase.tasks : 0;
  const mark = { done: "✓", now: "▸", next: "·" }[phase.state];
  let told = progress(phase), small = "";
  if (phase.state === "done") told = phase.done ? `${count(phase.done)} in ${clock(phase.took)}` : "nothing to do";
  if (phase.state === "next") told = phase.tasks ? `${phase.at_most ? "≤ " : ""}${count(phase.tasks)}` : "";
  if (phase.state === "now") {
    const left = phase.left === null ? "" : `about ${clock(phase.left)} left`;
    small = [phase.step ? stepName(phase) : "", left].filter(Boolean).join(", ");
  }
  return make(
    "li", { cls: phase.state, "aria-current": phase.state === "now" ? "step" : null, title: phase.what },
    make("span", { cls: "mark", "aria-hidden": "true" }, mark), make("span", { cls: "name" }, words(phase.name)),
    make("span", { cls: "track", share }), make("span", { cls: "count" }, told), small ? make("small", {}, small) : null,
  );
}

function laneRow(lane, all) {
  const few = all <= 60 ? " few" : "";
  const dots = lane.dots.map(([name, title, said]) => {
    const moved = lanesBefore.has(name) && lanesBefore.get(name) !== lane.name;
    const told = said ? `${title} (${said})` : title;
    return make("span", { cls: moved ? "dot moved" : "dot", title: told, role: "img", "aria-label": told });
  });
  const inside = dots.length ? make("span", { cls: `dots${few}` }, ...dots) : make("span", { cls: "track", share: lane.papers / all });
  return make("li", { cls: lane.name }, make("span", {}, lane.label), make("b", {}, count(lane.papers)), inside);
}

function eventRow(event) {
  return make(
    "li", { cls: event.tone },
    make(
      "div", { cls: "head" },
      make("span", {}, words(event.kind)), event.mark ? make("span", { cls: "rating" }, event.mark) : null,
      event.who, event.mind ? make("span", { cls: "mind" }, event.mind) : null, make("time", {}, ago(event.at)),
    ),
    make("div", { cls: "paper" }, event.title), event.text ? make("p", {}, event.text) : null,
  );
}

const list = (id, rows, none) => fill(id, ...(rows.length ? rows.map(eventRow) : [make("li", { cls: "empty" }, none)]));

function modelTable(view) {
  if (!view.models.length) return [make("p", { cls: "empty" }, "This round has called no language model yet.")];
  const head = ["model", "engines", "calls", "unused", "tokens in", "cached", "tokens out", "cost", "calls at once", "tokens out a second"];
  const rows = view.models.map(({ name, engines, spent, at_once, speed }) => [
    name, engines || "–", count(spent.calls), count(spent.problems), short(spent.tokens_in),
    spent.tokens_in ? percent(spent.tokens_cached / spent.tokens_in).replace(/\.\d+%/, " %") : "–", short(spent.tokens_out),
    spent.cost.toFixed(2), at_once === null ? "–" : at_once.toFixed(1), speed === null ? "–" : count(speed),
  ]);
  return [
    make(
      "div", { cls: "scroll" },
      make("table", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name))), ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, String(cell)))))),
    ),
    make("p", { cls: "by" }, "The last two columns are computed from calls that finished in the last minute."),
  ];
}

function roundTiles(view) {
  const { counts, spent } = view, papers = view.lanes.reduce((sum, lane) => sum + lane.papers, 0);
  const limit = Object.fromEntries(view.limits.map((one) => [one.name, one]));
  const share = (name) => (limit[name] ? limit[name].used / limit[name].limit : null);
  const of = (name, told) => (limit[name] ? `of ${told(limit[name].limit)} allowed` : "no limit set");
  const decided = (counts.accepted || 0) + (counts.rejected || 0);
  const kinds = ["failed task", "incident", "hidden text", "unreadable file"].filter((kind) => counts[kind]);
  const troubles = kinds.reduce((sum, kind) => sum + counts[kind], 0), told = kinds.map((kind) => some(counts[kind], kind));
  const tiles = [
    tile(count(papers), "papers", some(view.people.reviewer || 0, "reviewer")),
    tile(count(view.reviews), "reviews", view.mean === null ? "" : `mean rating ${view.mean.toFixed(2)}`),
    tile(count(counts.accepted || 0), "accepted", decided ? `of ${count(decided)} decided` : "none decided yet"),
    tile(short(spent.tokens_in + spent.tokens_out), "tokens", of("tokens", short), { share: share("tokens") }),
    tile(spent.cost.toFixed(2), "cost", of("cost", (value) => value.toFixed(2)), { share: share("cost") }),
    tile(view.busy === null ? "–" : view.busy.toFixed(1), "tasks at once", "on average over the last minute"),
    tile(count(troubles), "failures and incidents", told.join(", ") || "none", { bad: troubles > 0 }),
  ];
  if (limit.hours) tiles.push(tile(clock(3600 * limit.hours.used), "hours of this run", `of ${limit.hours.limit} allowed`, { share: share("hours") }));
  return tiles;
}

function showRound(view) {
  at("where").textContent = view.name ? `${view.folder} · one of several rounds` : view.folder;
  at("kicker").textContent = view.title ? `A round · seed ${view.seed}${view.name ? ` · ${view.name}` : ""}` : "";
  at("title").textContent = view.title || "A round that has not begun";
  fill("said", sentence(view));
  at("bar").hidden = !view.phases.length;
  fill("bar", ...view.phases.map((phase) => make("i", { cls: phase.state, share: phase.state === "done" ? 1 : phase.tasks && phase.state === "now" ? phase.done / phase.tasks : 0 })));
  fill("tiles", ...roundTiles(view));
  fill("phases", ...view.phases.map(phaseRow));
  const all = view.lanes.reduce((sum, lane) => sum + lane.papers, 0);
  fill("lanes", ...(all ? view.lanes.map((lane) => laneRow(lane, all)) : [make("li", { cls: "empty" }, "No paper yet.")]));
  lanesBefore = new Map(view.lanes.flatMap((lane) => lane.dots.map(([name]) => [name, lane.name])));
  list("words", view.words, "Nothing has been written yet.");
  list("decisions", view.decisions, "Nothing is decided yet.");
  list("troubles", view.troubles, "None.");
  fill("minds", Object.entries(view.minds).map(([role, mind]) => `${words(role)}s: ${mind}`).join(" · "));
  fill("models", ...modelTable(view));
}

// --- a study, or several rounds ------------------------------------------------------------------

function armCard(group) {
  const cells = group.rounds.map(({ name, state, share }) =>
    make("a", { cls: state, href: `?round=${encodeURIComponent(name)}`, share, title: `${name}: ${state}`, "aria-label": `Round ${name}: ${state}` }));
  for (let number = cells.length; number < group.wanted; number += 1) cells.push(make("span", { title: "not begun" }));
  const done = group.rounds.filter((round) => round.state === "finished").length;
  const sums = [
    ["Rounds done", `${count(done)} of ${count(group.wanted)}`], ["Tasks done", count(group.tasks)],
    ["Reviews", count(group.reviews)], ["Mean rating", group.mean === null ? "–" : group.mean.toFixed(2)],
    ["Accepted", group.decided ? `${count(group.accepted)} of ${count(group.decided)}` : "–"], ["Reviews that never came", count(group.missing)],
    ["Failed tasks", count(group.failures)], ["Incidents", count(group.incidents)],
    ["Tokens", short(group.spent.tokens_in + group.spent.tokens_out)], ["Cost", group.spent.cost.toFixed(2)],
  ];
  return make(
    "section", { cls: "card" }, make("h2", {}, group.name), make("p", { cls: "by" }, group.label || "\u00a0"), make("div", { cls: "cells" }, ...cells),
    make("dl", { cls: "sums" }, ...sums.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
  );
}

function showStudy(view) {
  const all = view.groups.reduce((sum, group) => sum + group.wanted, 0);
  const done = view.groups.reduce((sum, group) => sum + group.rounds.filter((round) => round.state === "finished").length, 0);
  const last = Math.max(0, ...view.groups.map((group) => group.last));
  at("where").textContent = view.folder;
  at("kicker").textContent = view.study ? `A study · rests on ${view.rests === "assumption" ? "an assumption" : view.rests === "language model" ? "a language model" : view.rests}` : "Several rounds of a venue";
  at("title").textContent = view.title || "Rounds";
  const what = `${count(done)} of ${view.study ? "" : "so far "}${some(all, "round")} done`;
  const told = { waiting: "Waiting for the first round.", running: `${what}`, stopped: `Stopped with ${what}; run the same command to go on`, finished: `Finished: ${what}` }[view.state];
  fill("said", `${view.question ? `${view.question} ` : ""}${told}${last ? `; last result ${ago(last)}.` : ""}`);
  const share = all ? done / all : 0;
  at("bar").hidden = false;
  fill("bar", make("i", { cls: share === 1 ? "done" : "now", share }));
  fill("tiles");
  fill("arms", ...view.groups.map(armCard));
}

// --- the stream ------------------------------------------------------------------------------------

function show(view) {
  shown = view;
  at("round").hidden = view.kind !== "round";
  at("study").hidden = view.kind !== "study";
  setState(view.state);
  document.title = `${STATES[view.state]} · ${view.title || "Conference"}`;
  at("problem").hidden = !view.problem;
  at("problem").textContent = view.problem || "";
  (view.kind === "round" ? showRound : showStudy)(view);
  at("foot").textContent =
    view.kind === "study"
      ? "Running figures, not results: a study's report has effects with their intervals."
      : "Read from the round's ledger. Texts of a statistical model are not judgements.";
}

const stream = new EventSource(`events?round=${encodeURIComponent(ROUND)}`);
stream.onmessage = (message) => show(JSON.parse(message.data));
stream.onerror = () => setState("lost", "not connected");
stream.addEventListener("over", () => {
  stream.close();
  at("foot").textContent = "The run and its page have ended; `conference watch` shows the folder again.";
});
setInterval(() => shown && stream.readyState === EventSource.OPEN && show(shown), 5000);
