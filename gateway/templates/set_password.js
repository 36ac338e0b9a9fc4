const secret = new URLSearchParams(location.hash.slice(1)).get("token") || "";
history.replaceState(null, "", location.pathname);
const form = document.getElementById("form");
const password = document.getElementById("password");
const again = document.getElementById("again");
const button = document.getElementById("set");

/** Complain about one of the two, and put the cursor there. */
const refuse = (input, text, flaws) => {
  input.setAttribute("aria-invalid", "true");
  input.focus();
  complain(text, flaws);
};

document.getElementById("shown").addEventListener("change", (event) => {
  password.type = again.type = event.target.checked ? "text" : "password";
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  for (const input of [password, again]) input.removeAttribute("aria-invalid");
  if (password.value !== again.value) {
    refuse(again, "The two are not the same.");
    return;
  }
  button.disabled = true;
  const { ok, status, told } = await ask("POST", "/auth/password", { token: secret, password: password.value });
  button.disabled = false;
  if (ok) {
    form.remove();
    said.className = "";
    say("Your password is set: sign in with it.");
  } else if (status === 401) {
    form.remove();
    complain(told.detail);
  } else {
    const flaws = (told.errors || []).filter((error) => error.pointer === "/password");
    if (flaws.length) refuse(password, "This password cannot be yours. It", flaws.map((flaw) => flaw.detail));
    else complain(told.detail);
  }
});

if (!secret) {
  form.remove();
  complain("This address is not whole: open the link in the mail again, or copy all of it.");
}
