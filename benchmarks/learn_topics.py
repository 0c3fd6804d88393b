"""Learn the tagger's weights from labelled items, and say how well they do on sources they have not seen.

    python benchmarks/learn_topics.py ../shared/eval/items.dev.jsonl [--write]

Prints the figures of a cross-validation whose folds never share a source; with --write the weights of all items
go to aggregator/topics/weights.json. The same items give the same weights. What is weighed holds no words, only
how much evidence stands where (`aggregator/topics/weigh.py`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregator.config import load, shipped
from aggregator.jsonlines import item_from_json
from aggregator.topics import kind_of
from aggregator.topics.cues import phrases
from aggregator.topics.cues import shipped as cues
from aggregator.topics.evidence import Reader
from aggregator.topics.weigh import FIELD_NUMBERS, TOPIC_NUMBERS, Numbers, named_in_title

Floats = NDArray[np.float64]
WEIGHTS = Path(__file__).resolve().parent.parent / "aggregator" / "topics" / "weights.json"
HIDDEN = ("topics", "kind", "in_scope")  # what a labeller said and no program may look at
FOLDS, SEEDS = 10, (0, 1, 2)
RIDGE_TOPICS, RIDGE_FIELD = 40.0, 8.0
MOST_TOPICS = 4
MOST_NOISE = 0.12  # of the items outside the field may be tagged


@dataclass(frozen=True)
class Labelled:
    """Items as numbers with their labels: `pairs` index (item, topic) rows of `of_topics`."""

    sources: list[str]
    gold: list[frozenset[str]]
    in_field: NDArray[np.bool_]
    of_field: Floats
    item: NDArray[np.int64]
    topic: NDArray[np.str_]
    of_topics: Floats
    right: Floats
    shared: NDArray[np.bool_]
    free: NDArray[np.bool_]  # pairs that need no field
    of_field_brief: Floats  # the same items with nothing but their titles

    def pairs_of(self, items: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return items[self.item]


def labelled(path: Path) -> Labelled:
    """Read and describe labelled items with the shipped topics."""
    reader = Reader(phrases(load(shipped("feeds.yaml"), {})[0].topics.values()))
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    fields, brief, rows = [], [], []
    for place, line in enumerate(lines):
        item = item_from_json({key: value for key, value in line.items() if key not in HIDDEN})
        item = replace(item, kind=kind_of(item))
        numbers = Numbers(reader.evidence(item), item.kind)
        fields.append(numbers.of_field())
        brief.append(Numbers(reader.evidence(replace(item, text="", tags=())), item.kind).of_field())
        rows += [(place, topic, row) for topic, row in numbers.of_topics().items()]
    gold = [frozenset(line["topics"]) for line in lines]
    return Labelled(
        [line["source"] for line in lines],
        gold,
        np.array([line["in_scope"] for line in lines], bool),
        np.array(fields, float),
        np.array([place for place, _, _ in rows]),
        np.array([topic for _, topic, _ in rows]),
        np.array([row for _, _, row in rows], float),
        np.array([topic in gold[place] for place, topic, _ in rows], float),
        np.array([(cue := cues(topic)) is not None and cue.shared for _, topic, _ in rows], bool),
        np.array([_free(topic, row) for _, topic, row in rows], bool),
        np.array(brief, float),
    )


def _free(topic: str, row: Sequence[float]) -> bool:
    cue = cues(topic)
    return cue is None or (cue.anywhere and named_in_title(row))


# ----------------------------------------------------------------------------------------------------- learning
def sigmoid(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def regression(numbers: Floats, right: Floats, ridge: float) -> tuple[Floats, float]:
    """Weights and bias of a ridge logistic regression (Newton's method), for numbers as they are."""
    mean, scale = numbers.mean(0), numbers.std(0) + 1e-6
    x = np.hstack([(numbers - mean) / scale, np.ones((len(numbers), 1))])
    penalty = np.eye(x.shape[1]) * ridge
    penalty[-1, -1] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = sigmoid(x @ weights)
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, x.T @ (p - right) + penalty @ weights)
        weights -= step
        if np.abs(step).max() < 1e-7:
            break
    scaled = weights[:-1] / scale
    return scaled, float(weights[-1] - scaled @ mean)


@dataclass(frozen=True)
class Learned:
    topic: Floats
    topic_bias: float
    field: Floats
    field_bias: float

    def odds(self, data: Labelled) -> tuple[Floats, Floats]:
        """Of every pair, given that its item is of the field; and of every item to be of the field."""
        return data.of_topics @ self.topic + self.topic_bias, data.of_field @ self.field + self.field_bias


def learn(data: Labelled, items: NDArray[np.bool_]) -> Learned:
    """Learn from some of the items: the field from all of them, topics from those of the field."""
    of_field = np.vstack([data.of_field[items], data.of_field_brief[items]])  # many feeds carry titles only
    field_weights, field_bias = regression(of_field, np.tile(data.in_field[items], 2).astype(float), RIDGE_FIELD)
    pairs = data.pairs_of(items & data.in_field)
    weights, bias = regression(data.of_topics[pairs], data.right[pairs], RIDGE_TOPICS)
    return Learned(weights, bias, field_weights, field_bias)


# ----------------------------------------------------------------------------------------------------- choosing
@dataclass(frozen=True)
class Choice:
    """When a topic is given: its chance times that of the field (to a power), and the least log-odds of the field
    for topics that other fields share and for those they don't."""

    enough: float = 0.3
    least_shared: float = 1.5
    least_own: float = 0.0
    by_field: float = 1.0


def shipped_choice() -> Choice:
    """The thresholds that ship."""
    data = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Choice(data["enough"], data["least_field"]["shared"], data["least_field"]["own"], data["by_field"])


def choose(data: Labelled, odds: tuple[Floats, Floats], choice: Choice) -> list[list[str]]:
    of_pairs, of_items = odds
    within = np.where(data.free, 1.0, sigmoid(of_items)[data.item] ** choice.by_field)
    chances = sigmoid(of_pairs) * within
    given: list[list[str]] = [[] for _ in data.gold]
    for pair in np.argsort(-chances, kind="stable"):
        place = data.item[pair]
        least = choice.least_shared if data.shared[pair] else choice.least_own
        open_ = (data.free[pair] or of_items[place] >= least) and len(given[place]) < MOST_TOPICS
        if open_ and chances[pair] >= choice.enough:
            given[place].append(str(data.topic[pair]))
    return given


def figures(
    data: Labelled, given: Sequence[Sequence[str]], items: NDArray[np.bool_] | None = None
) -> dict[str, float]:
    """Micro and macro F1 and the share of noise that was tagged, as score_tags.py counts them."""
    per: dict[str, Counter[str]] = {}
    noise = []
    for place, gold in enumerate(data.gold):
        if items is not None and not items[place]:
            continue
        found = set(given[place])
        for topic in gold | found:
            name = "both" if topic in gold & found else "missed" if topic in gold else "wrong"
            per.setdefault(topic, Counter())[name] += 1
        if not data.in_field[place]:
            noise.append(bool(found))
    total = sum(per.values(), Counter())
    macro = [_f1(one) for one in per.values() if one["both"] + one["missed"] >= 5]
    return {"micro": _f1(total), "macro": sum(macro) / max(1, len(macro)), "noise": float(np.mean(noise or [0]))}


def _f1(one: Mapping[str, int]) -> float:
    return 2 * one["both"] / max(1, 2 * one["both"] + one["missed"] + one["wrong"])


# ----------------------------------------------------------------------------------------------------- validating
def folds(sources: Sequence[str], seed: int) -> NDArray[np.int64]:
    """A fold for each item; all items of a source lie in one, and folds are of about one size."""
    chance = random.Random(seed)
    sizes = Counter(sources)
    held = [0] * FOLDS
    fold = {}
    names = sorted(sizes)
    chance.shuffle(names)
    for name in sorted(names, key=lambda name: -sizes[name]):
        fold[name] = min(range(FOLDS), key=lambda number: held[number] + chance.random())
        held[fold[name]] += sizes[name]
    return np.array([fold[source] for source in sources])


def unseen(data: Labelled, seed: int) -> tuple[Floats, Floats]:
    """The odds of every pair and item, each learned from the sources of other folds."""
    of_pairs, of_items = np.zeros(len(data.item)), np.zeros(len(data.gold))
    fold = folds(data.sources, seed)
    for number in range(FOLDS):
        pairs, items = learn(data, fold != number).odds(data)
        of_pairs[data.pairs_of(fold == number)] = pairs[data.pairs_of(fold == number)]
        of_items[fold == number] = items[fold == number]
    return of_pairs, of_items


def best_choice(data: Labelled, odds: Sequence[tuple[Floats, Floats]]) -> Choice:
    """The thresholds with the best F1 among those that tag little noise."""

    def worth(choice: Choice) -> float:
        found = [figures(data, choose(data, one, choice)) for one in odds]
        micro, macro, noise = (
            float(np.mean([one[name] for one in found])) for name in ("micro", "macro", "noise")
        )
        return micro + 0.5 * macro - 2 * max(0.0, noise - MOST_NOISE)

    options = [
        Choice(enough, shared, own)
        for enough in (0.25, 0.3, 0.33, 0.36, 0.4)
        for shared in (0.5, 1.0, 1.25, 1.5)
        for own in (-0.5, 0.0, 0.5, 1.0)
    ]
    return max(options, key=worth)


def as_data(learned: Learned, choice: Choice) -> dict[str, Any]:
    return {
        "made by": "benchmarks/learn_topics.py",
        "field": _named(FIELD_NUMBERS, learned.field, learned.field_bias),
        "topic": _named(TOPIC_NUMBERS, learned.topic, learned.topic_bias),
        "enough": choice.enough,
        "least_field": {"shared": choice.least_shared, "own": choice.least_own},
        "by_field": choice.by_field,
    }


def _named(names: Sequence[str], weights: Floats, bias: float) -> dict[str, float]:
    numbers = [*weights.tolist(), bias]
    return {name: round(number, 4) for name, number in zip([*names, "bias"], numbers, strict=True)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("items", type=Path)
    arguments.add_argument("--write", action="store_true", help="write aggregator/topics/weights.json")
    options = arguments.parse_args()
    data = labelled(options.items)
    odds = [unseen(data, seed) for seed in SEEDS]
    choice = best_choice(data, odds)
    print(choice)
    for seed, one in zip(SEEDS, odds, strict=True):
        print(seed, {name: round(value, 4) for name, value in figures(data, choose(data, one, choice)).items()})
    if options.write:
        learned = learn(data, np.ones(len(data.gold), bool))
        WEIGHTS.write_text(json.dumps(as_data(learned, choice), indent=1) + "\n", encoding="utf-8")
        print(f"wrote {WEIGHTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
