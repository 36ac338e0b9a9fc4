"""Where a mailed link sets a password, and where single sign-on begins and comes back to.

What is secret in their addresses stays in the browser: these pages are the same for everybody, and
their scripts ask the API as any client does.
"""

from flask import Blueprint, Response

from gateway.pages import Page

_STYLE = "page.css"
_SHARED = "page.js"


def pages() -> Blueprint:
    """`/set-password`, `/sso/start` and `/sso/callback`."""
    blueprint = Blueprint("sign_in", __name__, template_folder="templates")
    set_password = Page("set_password.html", _STYLE, _SHARED, "set_password.js", asks=True)
    start = Page("sso_start.html", _STYLE, _SHARED, "sso.js", "sso_start.js", asks=True)
    callback = Page("sso_callback.html", _STYLE, _SHARED, "sso.js", "sso_callback.js", asks=True)

    @blueprint.get("/set-password")
    def set_password_page() -> Response:
        """Where the link in a mail leads; its secret is behind `#` and reaches no server's log."""
        return set_password.response(set_password.render(title="Set your password"))

    @blueprint.get("/sso/start")
    def start_page() -> Response:
        """Off to `provider`, or to one that is chosen; then on to `return_to`."""
        return start.response(start.render(title="Sign in"))

    @blueprint.get("/sso/callback")
    def callback_page() -> Response:
        """Where identity providers send the browser; no cache keeps it with the code."""
        answer = callback.response(callback.render(title="Sign in"))
        answer.cache_control.no_store = True
        return answer

    return blueprint
