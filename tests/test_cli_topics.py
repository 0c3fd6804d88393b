"""`aggregator topics` as curators use it: rules tried, items corrected, what curators said measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import AT, DAY, FEEDS, NOW, Run, hold, item, runner


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    call = runner(capsys, monkeypatch)
    hold(
        item(1), item(2),
        replace(item(3), title="A coach for librarians", topics=()),
        replace(item(4), title="An apprentice librarian and her mentor", text="Each apprentice in our library gets a mentor."),
        replace(item(5, NOW - 200 * DAY), title="An old coach", topics=()),
    )  # fmt: skip
    return call


def topics_of(run: Run, id: str) -> list[str]:
    code, out, _ = run("topics", "try", "source:ours", "--days", "3000", "--json", "--at", AT)
    assert code == 0
    return next(one["topics"] for one in json.loads(out)["caught"] if one["id"] == id)  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------------------------------------- trying
def test_a_rule_shows_what_it_catches_with_the_deciding_words(run: Run) -> None:
    code, out, _ = run("topics", "try", "coach* NEAR/3 librarian*", "--at", AT)
    assert code == 0
    assert out.splitlines() == [
        "1 caught", "", "Caught:", "  2026-11-22  A coach for librarians",
        "              “coach” in the title, “librarians” in the title  [no topic]",
    ]  # fmt: skip


def test_how_far_back_is_said_in_days(run: Run) -> None:
    caught = json.loads(run("topics", "try", "coach", "--days", "365", "--json", "--at", AT)[1])["caught"]
    assert [one["id"] for one in caught] == ["i3", "i5"]
    assert json.loads(run("topics", "try", "coach", "--json", "--at", AT)[1])["counts"] == {"caught": 1}


def test_in_the_place_of_a_topics_rule_it_shows_gained_lost_and_same(run: Run) -> None:
    code, out, _ = run(
        "topics", "try", "coach* OR mentoring", "--topic", "mentoring", "--only-rule", "--json", "--at", AT
    )
    found = json.loads(out)
    # i4 says "mentor", a form of mentoring: it stays; nothing is lost.
    assert (code, found["counts"]) == (0, {"gained": 1, "lost": 0, "same": 3})
    assert [(one["id"], one["why"]) for one in found["gained"]] == [("i3", "“coach” in the title (by its rule)")]
    found = json.loads(run("topics", "try", "NOT apprentice*", "--topic", "mentoring", "--json", "--at", AT)[1])
    assert [one["id"] for one in found["lost"]] == ["i4"]
    assert found["counts"] == {"gained": 0, "lost": 1, "same": 2}


def test_what_todays_rule_keeps_away_is_gained_without_it(run: Run) -> None:
    Path("feeds.yaml").write_text(
        FEEDS.replace("words: {en: [mentor, mentoring]}", "words: {en: [coach]}, rule: 'NOT librarian'")
    )
    found = json.loads(run("topics", "try", "NOT nothing", "--topic", "mentoring", "--json", "--at", AT)[1])
    assert [one["id"] for one in found["gained"]] == ["i3"]


def test_lists_and_words_of_topics_can_be_named(run: Run) -> None:
    Path("feeds.yaml").write_text(FEEDS + "lists:\n  people: {en: [librarian]}\n")
    code, out, err = run("topics", "try", "list:people NOT list:mentoring", "--json", "--at", AT)
    assert code == 0, err
    assert [one["id"] for one in json.loads(out)["caught"]] == ["i3"]


def test_a_mistake_in_the_rule_is_pointed_at(run: Run) -> None:
    code, _, err = run("topics", "try", "mentor AND (coach")
    assert code == 2
    assert "  mentor AND (coach\n             ^\nthis bracket is never closed → add a )" in err
    assert run("topics", "try", "x", "--topic", "mentorin")[2].endswith(
        "there is no topic 'mentorin' → did you mean 'mentoring'?\n"
    )


# ------------------------------------------------------------------------------------------------------ correcting
def test_a_correction_is_in_force_at_once_and_after_every_run_until_it_is_undone(run: Run) -> None:
    code, out, _ = run("topics", "correct", "A coach for", "+mentoring", "--by", "Ann", "--at", AT)
    assert code == 0
    assert out == "A coach for librarians: mentoring\nundo with: aggregator topics undo 1\n"
    assert run("topics", "correct", "https://m.example/4", "-mentoring", "+cpd", "--by", "Ann", "--at", AT)[0] == 0
    assert topics_of(run, "i4") == ["cpd"]
    # Other rules, and no source to visit: all that is held is tagged again.
    unvisited = "sources:\n  ours: {url: 'https://example.org/feed', enabled: false}\n"
    feeds = FEEDS.replace("[training]", "[training, software]")
    Path("feeds.yaml").write_text(feeds[: feeds.index("sources:")] + unvisited)
    assert run("collect", "--at", AT)[0] == 0
    assert (topics_of(run, "i3"), topics_of(run, "i4")) == (["mentoring"], ["cpd"])
    assert run("topics", "undo", "2", "--by", "Ben", "--at", AT)[0] == 0
    assert set(topics_of(run, "i4")) == {"cpd", "mentoring"}
    listed = json.loads(run("topics", "corrections", "--all", "--json")[1])
    assert [(one["number"], one["topic"], one["wanted"], one["by"], one["undone_by"]) for one in listed] == [
        (3, "cpd", True, "Ann", ""), (2, "mentoring", False, "Ann", "Ben"), (1, "mentoring", True, "Ann", ""),
    ]  # fmt: skip
    assert "+cpd" in run("topics", "corrections")[1]
    assert run("topics", "undo", "2")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("i1", "mentoring"), "has no sign → write +mentoring or -mentoring"),
        (("i1", "+mentorin"), "did you mean 'mentoring'?"),
        (("i1", "-history"), "there is no topic 'history'"),
        (("i1", "+cpd", "-cpd"), "both added and taken away"),
        (("nothing like it", "+cpd"), "no item is called"),
        (("Mentoring, part", "+cpd"), "several items are called so → give one of these ids\n  i"),
    ],
)
def test_what_cannot_be_corrected_is_said(run: Run, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run("topics", "correct", *arguments)
    assert code == 2
    assert said in err


def test_a_dry_run_corrects_nothing(run: Run) -> None:
    assert run("topics", "correct", "i1", "-mentoring", "--dry-run")[1] == "would correct i1: -mentoring\n"
    assert run("topics", "corrections")[1] == "there are no corrections\n"


def test_what_was_learned_can_be_read_and_unlearned(run: Run) -> None:
    assert run("topics", "learned")[1] == "nothing was learned yet\n"
    for id in ("i1", "i2"):
        run("topics", "correct", id, "-mentoring")
    assert run("topics", "learned")[1] == "ours: mentoring counts 0.5 times\n"
    run("topics", "undo", "1")
    run("topics", "undo", "2")
    assert json.loads(run("topics", "learned", "--json")[1]) == {}


# --------------------------------------------------------------------------------------------------------- testing
def test_precision_and_recall_come_from_corrections_and_examples(run: Run) -> None:
    assert "nothing to measure by yet" in run("topics", "test")[1]
    Path("feeds.yaml").write_text(
        FEEDS.replace(
            "words: {en: [mentor, mentoring]}",
            "words: {en: [mentor, mentoring]}, match: [Mentors wanted, Beekeepers wanted]",
        )
    )
    run("topics", "correct", "i1", "+mentoring")
    run("topics", "correct", "i4", "-mentoring")
    run("topics", "correct", "i3", "+mentoring", "-cpd")
    code, out, _ = run("topics", "test", "--json")
    found = json.loads(out)
    assert code == 0
    # "Coach" alone is too weak, until the other corrections of that source speak for the topic.
    mentoring = {
        "judged": 5,
        "right": 3,
        "wrong": 1,
        "missed": 1,
        "rightly_not": 0,
        "precision": 0.75,
        "recall": 0.75,
        "too_few": True,
    }
    assert found["topics"]["mentoring"] == mentoring
    assert found["topics"]["cpd"]["precision"] is None
    assert found["all"]["judged"] == 6
    shown = run("topics", "test", "mentoring")[1].splitlines()
    assert shown[1].split() == ["mentoring", "5", "0.75", "0.75", "too", "few", "to", "say", "much"]


def test_the_list_says_what_each_topic_goes_by(run: Run) -> None:
    Path("feeds.yaml").write_text(FEEDS.replace("words: {en: [training]}", "rule: train*, only_rule: true"))
    run("topics", "correct", "i1", "+cpd")
    shown = run("topics", "list", "--at", AT)[1]
    assert "Mentoring  (2 words; 3 items)" in shown
    assert "Professional development  (0 words, only by its rule; 1 items, 1 corrected)" in shown
    assert json.loads(run("topics", "list", "--json", "--at", AT)[1])[1]["rule"] == "train*"
