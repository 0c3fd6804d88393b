"""`aggregator topics`: what items can be about; rules tried before they are saved, and how good they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from aggregator.cli import corrections
from aggregator.cli.groups import group
from aggregator.cli.options import Common, common
from aggregator.errors import Exit

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.model import Topic
    from aggregator.topics.measure import Figures, Judged
    from aggregator.topics.rules import RuleError


FOLDS = 5  # parts into which corrected items are divided, to measure on one what the others taught


@group
def topics(options: Common) -> None:
    """Topics: list, try a rule on the items we hold, test, correct single items.

    \b
    Examples:
      aggregator topics try 'mentor* NOT NEAR/8 (apprentice OR intern*)' --days 90
      aggregator topics try 'list:mentoring AND librar*' --topic mentoring --only-rule
      aggregator topics correct https://example.org/post +mentoring -moocs --by Ann
      aggregator topics test mentoring
    """


topics.add_command(corrections.correct)
topics.add_command(corrections.corrections)
topics.add_command(corrections.undo)
topics.add_command(corrections.learned)


@topics.command("list")
@common
def list_(options: Common) -> None:
    """List the topics: id, label, words, whether there is a rule, corrections in force, items of 90 days."""
    with corrections.opened(options) as app:
        since = options.moment - timedelta(days=90)
        counts = app.store.items.count_topics(since)
        said = [one for one in app.store.corrections.all() if one.undone_at is None]
        listed = [
            {"id": t.id, "label": t.label, "broader": t.broader, "words": sum(map(len, t.words.values())),
             "rule": t.rule, "only_rule": t.only_rule, "items": counts.get(t.id, 0),
             "corrections": sum(one.topic == t.id for one in said)}
            for t in app.catalogue.topics.values()
        ]  # fmt: skip
    if options.json:
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    for t in listed:
        rule = "" if not t["rule"] else ", only by its rule" if t["only_rule"] else ", a rule"
        corrected = f", {t['corrections']} corrected" if t["corrections"] else ""
        click.echo(f"{t['id']:<24}{t['label']}  ({t['words']} words{rule}; {t['items']} items{corrected})")


@topics.command("try")
@click.argument("rule")
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="Look back so many days."
)
@click.option("--topic", metavar="ID", help="As the rule of this topic: what it would gain and lose.")
@click.option("--only-rule", is_flag=True, help="With --topic: as if the topic's words alone gave nothing.")
@common
def try_(options: Common, rule: str, days: int, topic: str | None, only_rule: bool) -> int:
    """Show which held items RULE catches, with the words that decided; nothing is changed.

    With --topic the rule is tried in its place, beside the topic's words: gained, lost and same, against today.
    """
    from aggregator.cli import rule_trial
    from aggregator.topics.rules import RuleError

    with corrections.opened(options) as app:
        now = options.moment
        try:
            if topic is None:
                sorts = {"caught": rule_trial.search(app, rule, now - timedelta(days=days), now)}
            else:
                changed = replace(_topic(app, topic), rule=rule, only_rule=only_rule)
                found = rule_trial.compared(app, changed, now - timedelta(days=days), now)
                sorts = {"gained": found.gained, "lost": found.lost, "same": found.same}
        except RuleError as error:
            raise click.UsageError(f"{_pointed(rule, error)}{error.what} → {error.remedy}") from None
        if options.json:
            click.echo(json.dumps(rule_trial.as_json(sorts), indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(rule_trial.lines(sorts)))
    return Exit.DONE


def _pointed(rule: str, error: RuleError) -> str:
    """The line of the rule that is wrong, with a mark below the place."""
    if not rule.strip():
        return ""
    line = rule.split("\n")[error.line - 1].replace("\t", " ")
    return f"{error.where}\n  {line}\n  {' ' * (error.column - 1)}^\n"


# ------------------------------------------------------------------------------------------------------- testing
@topics.command("test")
@click.argument("wanted", nargs=-1, metavar="[TOPIC]...")
@common
def test(options: Common, wanted: Sequence[str]) -> int:
    """Print precision and recall per topic, from curators' corrections and the examples in feeds.yaml.

    What the tagger says by itself is compared with what curators said; what it learned from an item is left out
    where that item is asked for. Curators mostly correct what is wrong, so the
    figures are harder than everyday; confirm good ones too (`topics correct ITEM +topic`) to make them fair.
    """
    from aggregator.topics.measure import by_topic, figures

    with corrections.opened(options) as app:
        judged = [one for one in _judged(app) if not wanted or one.topic in {_topic(app, id).id for id in wanted}]
    measured = by_topic(judged)
    if options.json:
        every = {"topics": {id: _facts(one) for id, one in measured.items()}, "all": _facts(figures(judged))}
        click.echo(json.dumps(every, indent=2))
        return Exit.DONE
    if not judged:
        click.echo("nothing to measure by yet: correct some items, or add match: and not: to the topics")
    else:
        click.echo(f"{'topic':<24}{'judged':>7}{'precision':>11}{'recall':>8}")
    for id, one in (*measured.items(), *([("all", figures(judged))] if judged else [])):
        few = "  too few to say much" if one.too_few else ""
        click.echo(f"{id:<24}{one.judged:>7}{_shown(one.precision):>11}{_shown(one.recall):>8}{few}")
    return Exit.DONE


def _judged(app: App) -> Iterable[Judged]:
    from aggregator.topics import Tagger
    from aggregator.topics.corrections import in_force
    from aggregator.topics.measure import Judged

    said = in_force(app.store.corrections.all())
    items = list(app.store.items.get(said).values())
    for fold in range(min(FOLDS, len(items))):
        # What was learned from an item must not answer for it.
        taught = app.learned_from(said, [item for number, item in enumerate(items) if number % FOLDS != fold])
        tagger = Tagger(app.catalogue.topics, taught)
        for item in items[fold::FOLDS]:
            given = {
                one.id for one in tagger.tag(replace(item, topics=()), app.catalogue.sources.get(item.source))
            }
            yield from (Judged(topic, wanted, topic in given) for topic, wanted in said[item.id].items())
    for topic in app.catalogue.topics.values():
        for examples, wanted in ((topic.match, True), (topic.not_match, False)):
            for example in examples:
                given = {one.id for one in app.tagger.tag(example)}
                yield Judged(topic.id, wanted, topic.id in given)


def _facts(one: Figures) -> dict[str, object]:
    return {
        "judged": one.judged, "right": one.right, "wrong": one.wrong, "missed": one.missed,
        "rightly_not": one.rightly_not, "precision": one.precision, "recall": one.recall, "too_few": one.too_few,
    }  # fmt: skip


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _topic(app: App, id: str) -> Topic:
    return app.catalogue.topics[corrections.known_topic(app, id)]
