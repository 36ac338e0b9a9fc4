"""The one door to the outside: a Flask application that routes, guards and composes."""
