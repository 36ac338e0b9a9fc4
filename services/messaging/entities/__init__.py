"""The records of messaging."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The tables of messaging's database."""
