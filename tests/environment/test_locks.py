"""The locks: exact, hashed, complete, free of hosts, and in step with pyproject.toml."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bootstrap

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ["course", "dev"]


def lines(lock: str) -> list[str]:
    """A lock's entries, one a line, without the comments."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    text = re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE)
    return text.replace("\\\n", " ").splitlines()


def pins(lock: str) -> dict[str, tuple[str, Marker | None]]:
    """{package: (version, marker)}"""
    found = (Requirement(line.split(" --hash")[0].strip()) for line in lines(lock))
    return {
        canonicalize_name(pin.name): (str(pin.specifier).removeprefix("=="), pin.marker)
        for pin in found
    }


def declared(group: str) -> list[Requirement]:
    """The requirements of the course (the package with the extra `grade`) and of a dependency group."""
    extras = PROJECT["project"]["optional-dependencies"]
    found = list(PROJECT["project"]["dependencies"])
    for extra in ("train", "course", "grade"):
        found += [text for text in extras[extra] if not text.startswith("scalinglaws[")]
    for entry in PROJECT["dependency-groups"][group]:
        if isinstance(entry, dict):
            found += PROJECT["dependency-groups"][entry["include-group"]]
        else:
            found.append(entry)
    return [Requirement(text) for text in found]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock):
    for line in lines(lock):
        assert re.fullmatch(
            r"[\w.-]+==[\w.!+]+( ; [^\\]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", line
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_names_no_host(lock):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", text)


@pytest.mark.parametrize(("lock", "group"), [("course", "build"), ("dev", "dev")])
def test_in_step_with_pyproject(lock, group):
    locked = pins(lock)
    for requirement in declared(group):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is not in the lock: run `make lock`"
        assert requirement.specifier.contains(locked[name][0]), f"{name}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_complete(lock):
    """All that a locked package asks for on this system is locked, in a version that it accepts."""
    locked = pins(lock)
    for package, (_, marker) in locked.items():
        if marker is not None and not marker.evaluate():
            continue
        try:
            asked = requires(package) or []
        except PackageNotFoundError:
            assert lock == "dev", f"{package} is not installed: run `make study`"
            pytest.skip("the developers' packages are not installed")
        for text in asked:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                name = canonicalize_name(requirement.name)
                assert name in locked, f"{package} needs {name}"
                assert requirement.specifier.contains(locked[name][0], prereleases=True)


def test_learners_and_developers_have_the_same_versions():
    # (A tool of the developers may need a package on more systems than the course does: markers may differ.)
    course, dev = ({name: pin[0] for name, pin in pins(lock).items()} for lock in ("course", "dev"))
    assert course.items() <= dev.items()


def test_the_oldest_python_is_the_one_that_is_declared():
    assert PROJECT["project"]["requires-python"] == ">={}.{}".format(*bootstrap.OLDEST)
