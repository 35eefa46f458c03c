"""The base of the shapes of answers and bodies."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """What is not named is not there."""

    model_config = ConfigDict(extra="forbid")
