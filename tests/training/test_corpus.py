"""The corpora: what cleaning keeps, that splits share nothing, and that damage is noticed."""

import hashlib
import json
import shutil
import tomllib

import numpy as np
import pytest

from scalinglaws.errors import CourseError
from scalinglaws.paths import data_dir
from scalinglaws.training import cleaning, corpus
from scalinglaws.training.corpus import SPLITS, load_corpus

RST = """
=======
Heading
=======

.. _label:

The :class:`~django.core.Paginator` class does *all* of the ``heavy`` lifting, see `the docs
<http://example.org>`_ for more. It is used like this::

    >>> this is code, and it is long enough to count as a sentence if it were kept.

Back in the text, we say that caf\u00e9s have \u201cquotes\u201d and go on for a while.

.. code-block:: python

    more = "code that looks just like a long sentence, and must go away."

.. note:: A note is prose as well, so its words are kept in the corpus.

Too short.

* A bullet with enough words in it to be a sentence of its own.
"""


def test_prose_loses_markup_and_code():
    assert list(cleaning.prose_from_rst(RST)) == [
        "The django.core.Paginator class does all of the heavy lifting, see the docs for more. "
        "It is used like this:",
        'Back in the text, we say that cafs have "quotes" and go on for a while.',
        "A note is prose as well, so its words are kept in the corpus.",
        "A bullet with enough words in it to be a sentence of its own.",
    ]


def test_service_descriptions_lose_html():
    html = (
        "<p>Gets the <code>Name</code> of a thing &amp; returns it to you.</p><pre>aws code</pre>"
    )
    source = json.dumps({"a": {"documentation": html}, "b": [{"documentation": "<p>Short.</p>"}]})
    assert list(cleaning.prose_from_service_description(source)) == [
        "Gets the Name of a thing & returns it to you."
    ]


def test_code_loses_docstrings_and_spaces():
    source = 'def f(x):\n    """A docstring\n    of two lines."""\n    return g(x)\n\n\nx = 1\n'
    assert list(cleaning.code_from_python(source)) == ["def f(x):\n\treturn g(x)"]


def test_near_duplicates_are_dropped():
    first = "The name of the resource that you want to describe in the account of the user 17."
    second = first.replace("17", "42")
    third = (
        "Something else entirely stands here and shares not one stretch of words with the others."
    )
    fresh = cleaning.Deduplicator().fresh([first, second, first, third])
    assert list(fresh) == [first, third]


@pytest.mark.parametrize("name", corpus.NAMES)
def test_built_corpora_are_what_their_cards_say(name):
    text = load_corpus(name)
    card = json.loads((corpus.corpus_dir() / name / "card.json").read_text())
    for split in SPLITS:
        values = getattr(text, split)
        assert values.max() < 128 and len(values) == card["bytes"][split]
        assert np.count_nonzero(values == corpus.SEPARATOR) == card["documents"][split]
    assert len(text.train) >= 20_000_000
    assert len(text.test) > 2**20 and len(text.validation) > 2**18
    packages = tomllib.loads(corpus.SOURCES.read_text())["package"]
    sources = {(p["name"], p["version"], p["sha256"]) for p in packages if name in p}
    assert {(s["name"], s["version"], s["sha256"]) for s in card["sources"]} == sources
    for package in packages:
        if name in package:
            assert list((corpus.corpus_dir() / name / "licences").glob(f"{package['name']}-*"))


@pytest.mark.parametrize("name", corpus.NAMES)
def test_no_long_paragraph_of_test_stands_in_train(name):
    text = load_corpus(name)
    mark = b"\n" if name == "prose" else b"\n\n"
    held_out = {p for p in text.test.tobytes().replace(b"\0", mark).split(mark) if len(p) > 80}
    train = set(text.train.tobytes().replace(b"\0", mark).split(mark))
    assert held_out and not held_out & train


def test_a_missing_or_changed_corpus_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "data_dir", lambda: tmp_path)
    load = load_corpus.__wrapped__  # without the cache
    with pytest.raises(CourseError, match="build it with: scalinglaws corpus prose"):
        load("prose")
    folder = tmp_path / "corpus" / "prose"
    shutil.copytree(data_dir() / "corpus" / "prose", folder)
    load("prose")
    shutil.copy(folder / "test.xz", folder / "validation.xz")
    with pytest.raises(CourseError, match="has changed"):
        load("prose")
    (folder / "test.xz").write_bytes((folder / "test.xz").read_bytes()[:1000])
    with pytest.raises(CourseError, match="cannot be read"):
        load("prose")


def test_a_broken_download_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(CourseError, match=r"could not be downloaded .* run this again"):
        corpus.build_corpus("prose", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_documents_fall_into_splits_by_their_names():
    shares = {split: 0 for split in SPLITS}
    for number in range(5000):
        shares[corpus._split_of(f"document {number}")] += 1 / 5000
    assert shares["test"] == pytest.approx(corpus.TEST_SHARE, abs=0.01)
    assert shares["validation"] == pytest.approx(corpus.VALIDATION_SHARE, abs=0.01)


def test_the_hash_sees_where_a_split_ends():
    assert corpus._digest([b"ab", b"c", b""]) != corpus._digest([b"a", b"bc", b""])
    assert len(corpus._digest([b"", b"", b""])) == len(hashlib.sha256().hexdigest())
