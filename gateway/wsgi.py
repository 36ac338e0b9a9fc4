"""For gunicorn: `gunicorn --config python:gateway.server gateway.wsgi:app`."""

from crmkit import logs
from crmkit.config import Settings
from gateway import server
from gateway.app import create_app

logs.configure("gateway")
settings = Settings.from_env()
app = create_app(settings.service_urls, capacity=server.capacity, proxies=settings.proxies)
