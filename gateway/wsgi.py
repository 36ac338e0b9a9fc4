"""For gunicorn: `gunicorn --config python:gateway.server gateway.wsgi:app`."""

from crmkit import logs
from crmkit.config import Settings
from gateway import server
from gateway.app import create_app

logs.configure("gateway")
app = create_app(Settings.from_env().service_urls, capacity=server.capacity)
