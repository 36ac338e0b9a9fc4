"use strict";
const secret = new URLSearchParams(location.hash.slice(1)).get("token") || "";
history.replaceState(null, "", location.pathname);
const form = document.getElementById("form");
const said = document.getElementById("said");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password").value;
  if (password !== document.getElementById("again").value) {
    said.textContent = "The two are not the same.";
    return;
  }
  let answer;
  try {
    answer = await fetch("/api/v1/auth/password", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: secret, password }),
    });
  } catch {
    said.textContent = "Tandem cannot be reached: try again.";
    return;
  }
  if (answer.ok) {
    form.remove();
    said.textContent = "Your password is set: sign in with it.";
    return;
  }
  const problem = await answer.json();
  const flaws = (problem.errors || []).map((error) => `It ${error.detail}.`);
  said.textContent = flaws.join(" ") || problem.detail;
});
