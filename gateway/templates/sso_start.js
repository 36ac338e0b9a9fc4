const asked = new URLSearchParams(location.search);
const returnTo = within(asked.get("return_to"));

const leave = async (provider) => {
  say("One moment …");
  const { ok, told } = await ask("POST", "/auth/sso", { provider });
  if (!ok) {
    complain(told.detail);
    return;
  }
  sessionStorage.setItem(KEPT, JSON.stringify({ attempt: told.attempt, provider, returnTo }));
  location.assign(told.authorization_url);
};

const offer = async () => {
  const { ok, told } = await ask("GET", "/auth/sso");
  if (!ok) {
    complain(told.detail);
    return;
  }
  const buttons = told.items.map(({ key, name }) => {
    const button = Object.assign(document.createElement("button"), { textContent: name });
    button.addEventListener("click", () => leave(key));
    return button;
  });
  document.getElementById("providers").replaceChildren(...buttons);
  if (!buttons.length) complain("No identity provider has been set up: sign in with your password.");
};

if (asked.get("provider")) leave(asked.get("provider"));
else offer();
