"""What a rule says: trigger words, and slots that are told by cue words and places."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from seeds.event_types import rule_slots
from seeds.facts import Modality, Stage
from seeds.verbs import FormKind

ItemType = Literal[
    "ORG", "PERSON", "PARTY", "PRODUCT", "PLACE", "GROUP", "HOLDER",
    "MONEY", "PERCENT", "COUNT", "POWER", "RATIO", "AGE", "AMOUNT", "DATE",
    "ROLE", "TEXT", "NAME", "FLAG", "CHOICE",
]  # fmt: skip
"""What a slot takes. PARTY is an ORG or a PERSON, HOLDER also a GROUP; AMOUNT is MONEY or a COUNT. ROLE is
a phrase of lexicon/…/roles.yaml, TEXT a quote from a cue to the end of the clause, NAME a short one: what
stands in quotation marks, or a few words. CHOICE is one of a list by its words, FLAG a yes or no."""

Place = Literal[
    "subject", "object", "idafa", "before", "after", "near", "head", "pair", "trigger",
    "possessor", "inside", "speaker", "beside", "owner", "owned", "behind_person",
    "appointed", "removed", "adjacent", "lead", "brackets", "employer",
]  # fmt: skip
"""Where an item is looked for if no cue finds it. subject and object are those of the trigger, whether it
is a verb, a passive or a noun; idafa is the name right after a noun; head the list that a relative clause or
an apposition with the trigger in it speaks of; pair the only two names before the trigger; possessor whose
the trigger is; employer, before all other places, whose officer the person of the event is; inside within its
words; speaker who says the sentence;
beside next to the person of the event, behind_person anywhere behind; appointed whom a role follows;
removed whom "from his post" follows;
owner the name right behind the trigger that only says whose the thing is ("IBM's PC business"), and owned,
of texts, that thing. Of texts: adjacent takes cues only
right behind the trigger, lead the words of the clause before it, brackets those before its bracket."""

Fallback = Literal["topic", "deal", "affiliation", "previous", "asset"]
"""Where an entity comes from that the sentence does not name (see `seeds.coref`)."""


def _tuple(value: object) -> object:
    return value if isinstance(value, list | tuple) else () if value is None else (value,)


Words = Annotated[tuple[str, ...], BeforeValidator(_tuple)]


class RuleModel(BaseModel):
    """Base of what stands in a rule file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SlotSpec(RuleModel):
    """How one slot is found. Words ending in `+` are clitics: "ب+" is a ب written onto the next word."""

    type: ItemType
    cue: Words = ()  # words before it
    avoid: Words = ()  # words right before a cue that make it none ("بزيادة قدرها" tells a change)
    tail: Words = ()  # words after it
    at: Annotated[tuple[Place, ...], BeforeValidator(_tuple)] = ()
    via: Words = ()  # words that must stand between the trigger and the head
    until: Words = ()  # words that end a TEXT; VERB stands for an Arabic verb of many (يفضلون)
    start: Literal["after", "at"] = "after"  # does a TEXT begin after its cue, or with it?
    many: bool = False
    required: bool = False
    within: Literal["clause", "sentence"] = "sentence"
    units: Words = ()
    per: str | None = None  # of money: what it is told for ("share")
    choose: dict[str, Words] = Field(default_factory=dict)
    behind: str | None = None  # only behind what fills this other slot …
    ahead: str | None = None  # … or only before it
    open: bool = False  # may be a capitalised name that nothing else makes a name
    tight: bool = False  # nothing but "شركة" and the like stands between the cue and it
    absent: bool = False  # the rule does not apply where this slot is found
    flag: bool | None = None
    orelse: Annotated[tuple[Fallback, ...], BeforeValidator(_tuple)] = ()


class Example(RuleModel):
    """A sentence that must match, and what must come out."""

    text: str
    expect: dict[str, Any] = Field(default_factory=dict)
    headline: str | None = None


class Rule(RuleModel):
    """One way in which a language tells one type of event."""

    id: str = Field(pattern=r"^(ar|en)\.[a-z_]+\.[a-z0-9_]+$")
    language: Literal["ar", "en"]
    event: str
    items: Annotated[tuple[ItemType, ...], BeforeValidator(_tuple)] = ()  # every such item sets it off
    verbs: Words = ()
    forms: Annotated[tuple[FormKind, ...], BeforeValidator(_tuple)] = ()
    triggers: Words = ()
    needs: Words = ()  # one of these words must stand in the sentence
    document: Words = ()  # one of these words must stand in the document
    follow: Words = ()  # one of these words must follow the trigger soon ("buy … stake")
    unfollowed: Words = ()  # none of these may
    unless: Words = ()  # the trigger does not count inside one of these phrases
    bounds: Words = ()  # what stands behind one of these is no longer the trigger's
    unled: Words = ()  # none of these may lead up to the trigger in its clause ("expected profits")
    without: Words = ()  # nor in a sentence that has one of these words
    stage: dict[str, Stage] = Field(default_factory=dict)
    modality: Modality | None = None
    slots: dict[str, SlotSpec]
    const: dict[str, str] = Field(default_factory=dict)
    hedged_by: Words = ()  # slots whose own hedges ("may") are the event's
    dated: bool = True  # does an unused date of the sentence tell when the event was?
    each: str | None = None
    yes: tuple[Example, ...]
    no: Words = ()

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        if not (self.verbs or self.triggers or self.items):
            msg = "a rule needs `verbs`, `triggers` or `items`"
            raise ValueError(msg)
        if not self.yes:
            msg = "a rule needs at least one example that matches (`yes`)"
            raise ValueError(msg)
        if self.id.split(".")[:2] != [self.language, self.event]:
            msg = f"the id of a rule here starts with {self.language}.{self.event}."
            raise ValueError(msg)
        told = {**{f"stage.{k}": v for k, v in self.stage.items()}, "modality": self.modality}
        for name, value in told.items():
            if value in (Stage.OTHER, Modality.OTHER):
                msg = f"{name} is none that there is"
                raise ValueError(msg)
        known = rule_slots(self.event) | {name for name, spec in self.slots.items() if spec.absent}
        for name in (*self.slots, *self.const, *self.hedged_by, *((self.each,) if self.each else ())):
            if name not in known and not name.startswith("_"):
                msg = f"an event of type {self.event} has no slot {name!r}"
                raise ValueError(msg)
        return self
