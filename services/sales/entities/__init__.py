"""The records of sales."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The tables of sales' database."""
