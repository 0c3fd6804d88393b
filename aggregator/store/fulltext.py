"""Full-text search over `items.search`, alike on both engines.

The column holds words that we analysed, in a spelling that no engine's own analysis touches
(`topics.rules.index.coded`). What is found are candidates (`candidates`); the matcher decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from aggregator.language import base
from aggregator.model import Item
from aggregator.store.schema import items
from aggregator.topics.rules import index_words
from aggregator.topics.rules.index import Anything, Either, Every, Question, Word, coded
from aggregator.topics.rules.tree import Fact

_BATCH = 500
_FULL_TEXT = "to_tsvector('simple', items.search)"  # to the letter what the index was made of


def search_text(item: Item) -> str:
    """What `items.search` holds for an item."""
    return " ".join(index_words(item))


def refill(connection: sa.Connection) -> None:
    """Analyse every held item anew. For migrations, when the analysis has changed; some ten seconds for 100 000.
    Items whose text is gone stay unsearchable."""
    names = ("n", "id", "title", "text", "author", "tags", "language")
    select = sa.text(
        f"SELECT {', '.join(names)} FROM items WHERE search <> '' AND n > :after ORDER BY n LIMIT :most"  # noqa: S608
    )
    update = sa.text("UPDATE items SET search = :search WHERE n = :number")
    after = -1
    while found := connection.execute(select, {"after": after, "most": _BATCH}).mappings().all():
        filled = [{"number": row["n"], "search": search_text(_item(row))} for row in found]
        connection.execute(update, filled)
        after = found[-1]["n"]


def _item(row: Any) -> Item:
    tags = json.loads(row["tags"]) if isinstance(row["tags"], str) else row["tags"]
    return Item(row["id"], title=row["title"], text=row["text"], author=row["author"], tags=tuple(tags or ()),
                language=row["language"])  # fmt: skip


# ------------------------------------------------------------------------------------------------- asking
def condition(engine: sa.Engine, question: Question, held: Iterable[str | None]) -> sa.ColumnElement[bool]:
    """The rows that answer a question with yes. `held`: the languages of the items, as they are stored."""
    return _Asking(engine.dialect.name == "sqlite", tuple(held)).of(question)


class _Asking:
    def __init__(self, sqlite: bool, held: Sequence[str | None]) -> None:
        self._sqlite, self._held = sqlite, held

    def of(self, question: Question) -> sa.ColumnElement[bool]:
        if _is_text(question):
            return self._matches(self._written(question))
        match question:
            case Every(parts):
                return sa.and_(*self._parts(parts, Every))
            case Either(parts):
                return sa.or_(*self._parts(parts, Either))
            case Fact():
                return self._fact(question)
            case _:
                return sa.true()

    def _parts(self, parts: Sequence[Question], join: type[Every] | type[Either]) -> list[sa.ColumnElement[bool]]:
        # One look into the index for all that it can answer at once.
        texts = tuple(part for part in parts if _is_text(part))
        others = [self.of(part) for part in parts if not _is_text(part)]
        return [self._matches(self._written(join(texts))), *others] if texts else others

    def _fact(self, fact: Fact) -> sa.ColumnElement[bool]:
        if fact.name == "kind":
            return items.c.kind == fact.value
        if fact.name == "source":
            return (
                items.c.source.startswith(fact.value, autoescape=True)
                if fact.cut
                else items.c.source == fact.value
            )
        same = [code for code in self._held if (base(code) or "") == fact.value]
        named = items.c.language.in_([code for code in same if code is not None])
        return sa.or_(named, items.c.language.is_(None)) if None in same else named

    def _written(self, question: Question) -> str:
        match question:
            case Word(text, cut):
                if self._sqlite:
                    return f'"{coded(text)}"*' if cut else f'"{coded(text)}"'
                return f"'{coded(text)}':*" if cut else f"'{coded(text)}'"
            case Every(parts):
                return "(" + (" AND " if self._sqlite else " & ").join(map(self._written, parts)) + ")"
            case Either(parts):
                return "(" + (" OR " if self._sqlite else " | ").join(map(self._written, parts)) + ")"
            case _:
                raise TypeError(f"{type(question).__name__} is not in the index")

    def _matches(self, query: str) -> sa.ColumnElement[bool]:
        if not self._sqlite:
            from sqlalchemy.dialects.postgresql import TSQUERY

            return sa.literal_column(_FULL_TEXT).op("@@", is_comparison=True)(sa.cast(query, TSQUERY))
        table = sa.table("items_fts")
        found: sa.Select[Any] = sa.select(sa.literal_column("rowid")).select_from(table)
        return items.c.n.in_(found.where(sa.literal_column("items_fts").op("MATCH", is_comparison=True)(query)))


def _is_text(question: Question) -> bool:
    match question:
        case Word():
            return True
        case Every(parts) | Either(parts):
            return all(map(_is_text, parts))
        case Fact() | Anything():
            return False
