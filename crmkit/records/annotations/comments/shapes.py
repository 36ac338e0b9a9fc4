"""Comments as they are sent and read."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints

Body = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]


class NewComment(BaseModel):
    """`@username` in the body mentions somebody; an answer to a private comment is private."""

    model_config = ConfigDict(extra="forbid")
    body: Body
    parent_id: str | None = None
    private: StrictBool = False


class CommentPatch(BaseModel):
    """What its author has to say now."""

    model_config = ConfigDict(extra="forbid")
    body: Body


class Mention(BaseModel):
    """Somebody mentioned."""

    user_id: str
    name: str


class Comment(BaseModel):
    """One comment; `body` is null when it was deleted and others had answered it."""

    id: str
    thread_id: str
    parent_id: str | None
    author_id: str
    author: str | None
    body: str | None
    private: bool
    mentions: list[Mention]
    created_at: datetime
    edited_at: datetime | None
    version: int


class Comments(BaseModel):
    """Comments of a record, the newest first."""

    items: list[Comment]
    next_cursor: str | None


class CommentVersion(BaseModel):
    """What a comment said until `at`."""

    version: int
    body: str
    at: datetime


class CommentHistory(BaseModel):
    """What a comment said before, the oldest first."""

    items: list[CommentVersion]
