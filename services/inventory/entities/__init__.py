"""The records of inventory."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The tables of inventory's database."""
