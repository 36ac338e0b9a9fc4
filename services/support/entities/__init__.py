"""The records of support."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The tables of support's database."""
