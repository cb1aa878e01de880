"use strict";

// took writes nanoseconds as the server does.
function took(ns) {
  const ms = ns / 1e6;
  if (ms >= 10000) return Math.round(ms / 1000) + "s";
  if (ms >= 1000) return (ms / 1000).toFixed(3).replace(/\.?0+$/, "") + "s";
  if (ms >= 10) return Math.round(ms) + "ms";
  if (ms >= 1) return ms.toFixed(2).replace(/\.?0+$/, "") + "ms";
  return Math.round(ns / 1e4) * 10 + "µs";
}

// row makes a row of a decision. Everything goes in as text.
function row(d) {
  const tr = document.getElementById("row").content.firstElementChild.cloneNode(true);
  const set = (name, text) => {
    const e = tr.querySelector(`[data-set=${name}]`);
    e.textContent = text;
    return e;
  };
  tr.querySelector("[data-set=seq]").href = "/decisions/" + d.seq;
  const t = new Date(d.time);
  set("time", t.toTimeString().slice(0, 8) + "." + String(t.getMilliseconds()).padStart(3, "0")).dateTime = d.time;
  set("outcome", d.outcome).classList.add(d.outcome);
  set("status", d.status || "");
  set("reason", d.reason || "");
  set("action", d.action || "(no action)");
  set("via", d.via);
  set("endpoint", d.endpoint || d.listener || "");
  set("route", d.route || "");
  set("to", d.to ? "to " + d.to + (d.attempts > 1 ? `, ${d.attempts} attempts` : "") : "");
  set("took", took(d.took));
  set("octets", `${d.in} / ${d.out}`);
  tr.className = "new";
  return tr;
}

// live shows decisions as they are made.
function live(bar) {
  const list = document.getElementById("list");
  const button = bar.querySelector("button");
  const says = bar.querySelector("[role=status]");
  const most = 200;
  let held = [];
  let paused = false;
  bar.hidden = false;
  says.textContent = "connecting";
  const add = (decisions) => {
    if (decisions.length === 0) return;
    list.querySelector(".none")?.remove();
    list.prepend(...decisions.map(row).reverse());
    while (list.rows.length > most) list.lastElementChild.remove();
  };
  const source = new EventSource(bar.dataset.events);
  source.onopen = () => { if (!paused) says.textContent = "live"; };
  source.onerror = () => {
    says.textContent = source.readyState === EventSource.CLOSED ? "not live: load the page again" : "connection lost, trying again";
  };
  source.addEventListener("decisions", (e) => {
    const got = JSON.parse(e.data);
    if (got.missed > 0) says.textContent = `live; ${got.missed} came too fast to be shown`;
    if (!paused) return add(got.decisions);
    held = held.concat(got.decisions).slice(-most);
    says.textContent = `paused, ${held.length} more`;
  });
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", paused);
    button.textContent = paused ? "Go on" : "Pause";
    says.textContent = paused ? "paused" : "live";
    if (!paused) {
      add(held);
      held = [];
    }
  });
}

// refresh renews the parts of a page that change, every five seconds while it is
// seen and nobody stands in them.
function refresh(parts) {
  const again = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-refresh]");
        parts.forEach((part, i) => {
          if (answer.ok && fresh[i] && !part.contains(document.activeElement)) part.replaceChildren(...fresh[i].childNodes);
        });
      } catch {
        // The next time may do; the page says what it last knew.
      }
    }
    setTimeout(again, 5000);
  };
  setTimeout(again, 5000);
}

const bar = document.querySelector("[data-events]");
if (bar) live(bar);
const parts = document.querySelectorAll("[data-refresh]");
if (parts.length > 0 && location.pathname !== "/reload") refresh(parts);
