const CLOSED = "You may close this window.";
const REFUSALS = {
  access_denied: "You, or the identity provider, refused the sign-in.",
  login_required: "The identity provider wants you to sign in there first.",
  interaction_required: "The identity provider wants something of you first: sign in there.",
  consent_required: "The identity provider has not been allowed to say who you are.",
  temporarily_unavailable: "The identity provider is busy: try again in a minute.",
  server_error: "Something went wrong at the identity provider: try again in a minute.",
};

const answered = new URLSearchParams(location.search);
const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
// The code is good once: neither the history nor the next page has it.
sessionStorage.removeItem(KEPT);
history.replaceState(null, "", location.pathname);

const refuse = (text) => {
  complain(text);
  if (!kept) return;
  const again = document.getElementById("again");
  const to = new URLSearchParams({ provider: kept.provider });
  if (kept.returnTo) to.set("return_to", kept.returnTo);
  again.href = `/sso/start?${to}`;
  again.hidden = false;
};

/** Give the tokens to whoever waits for them, or end the session that nobody asked for. */
const handOver = async (tokens) => {
  const waiting = opener();
  if (waiting) {
    waiting.postMessage({ type: "tandem.signed_in", ...tokens }, location.origin);
    say(`You are signed in. ${CLOSED}`);
    window.close();
  } else if (within(kept.returnTo)) {
    sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
    location.replace(within(kept.returnTo));
  } else {
    const me = await ask("GET", "/me", undefined, tokens.access_token);
    await ask("POST", "/auth/logout", { refresh_token: tokens.refresh_token });
    const name = me.ok ? ` as ${me.told.display_name}` : "";
    say(`This sign-in works${name}. As no application waits for it, it has been ended again. ${CLOSED}`);
  }
};

const arrive = async () => {
  const error = answered.get("error");
  if (error !== null) {
    refuse(Object.hasOwn(REFUSALS, error) ? REFUSALS[error] : "The identity provider refused the sign-in.");
  } else if (!kept) {
    refuse("This sign-in was not begun in this window, or has been completed: begin again where you came from.");
  } else {
    say("One moment …");
    const returned = { state: answered.get("state") || "", code: answered.get("code") || "", attempt: kept.attempt };
    if (answered.has("iss")) returned.iss = answered.get("iss");
    const { ok, told } = await ask("POST", "/auth/sso/complete", returned);
    if (ok) await handOver(told);
    else refuse(told.detail);
  }
};

arrive();
