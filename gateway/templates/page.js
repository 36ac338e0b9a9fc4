"use strict";
const said = document.getElementById("said");

/** Say it in place of what was said before; `flaws` become a list below it. */
const say = (text, flaws = []) => {
  const line = document.createElement("div");
  line.textContent = text;
  const list = document.createElement("ul");
  list.append(...flaws.map((flaw) => Object.assign(document.createElement("li"), { textContent: flaw })));
  said.replaceChildren(line, ...(flaws.length ? [list] : []));
};
const complain = (text, flaws) => {
  say(text, flaws);
  said.className = "flaw";
};

/** What the API answers: whether it did it, and its answer or problem document. */
const ask = async (method, path, body, token) => {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { ok: answer.ok, status: answer.status, told: text ? JSON.parse(text) : {} };
  } catch {
    return { ok: false, status: 0, told: { detail: "Tandem cannot be reached: try again." } };
  }
};
