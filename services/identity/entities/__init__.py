"""What identity keeps: one module for each entity."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The tables of identity's own database."""
