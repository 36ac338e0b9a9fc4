"""Reporting owns no records; its tables are copies and sums of others'."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The tables of reporting's database."""
