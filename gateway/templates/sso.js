const KEPT = "tandem.sso";
const TOKENS = "tandem.tokens";

/** The page that opened this one, if it is of this address; others learn nothing. */
const opener = () => {
  try {
    return window.opener && window.opener.location.origin === location.origin ? window.opener : null;
  } catch {
    return null;
  }
};

/** A path of this address to go on to, or null for any other. */
const within = (path) => {
  if (!path || !path.startsWith("/")) return null;
  const to = new URL(path, location.origin);
  return to.origin === location.origin ? to.pathname + to.search + to.hash : null;
};
