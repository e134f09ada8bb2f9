"""What all tests may use; which tests are quick; and how the suite is shared among processes."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

import scalinglaws.course  # noqa: F401 - before a test imports nbformat: it says why
from scalinglaws.files import try_lock

# One thread for linear algebra in each process, those that tests start included. Several processes
# share each core here, and threads that wait for one another busily take three to ten times as much
# of it. numpy reads this when it is first imported.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

# Property tests draw the same examples on every run, and no slow machine fails them.
settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")

# Chromium runs as root in CI; without the rest of these flags it asks its makers' servers by itself.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# What a test needs beyond this Python process, told by its fixtures: each is a marker, and no such test is quick.
RESOURCES = {"browser": "page", "sandbox": "sandbox", "kernel": "run_notebook"}

# Modules with a fixture that takes seconds to make. Each runs in one process, which makes it once; `test_answers` has one
# for each assignment.
EXPENSIVE = {
    "test_answers": "lesson",
    "test_bootstrap": "made",
    "test_browser": "lab",
    "test_capstone": "names",
    "test_class": "graded_class",
    "test_handout": "handed_out",
    "test_light_install": "wheel",
    "test_marking": "graded_class",
    "test_site": "site",
}

# These derive the same slow keys (`stretch.stretched`): in one process each is derived once.
SAME_KEYS = ("test_every_answer_opens_its_own_reply", "test_release_and_sealed_replies_are_fresh")


class Together(LoadScopeScheduling):
    """Shares tests among processes one by one, but those of an expensive module together.

    (xdist's own groups, `--dist loadgroup`, have no effect with pytest 9.2: xdist 3.8 writes them where pytest no longer looks.)
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, rest = nodeid.partition("::")
        module = Path(path).stem
        if rest.partition("[")[0] in SAME_KEYS:
            return "same keys"
        if module not in EXPENSIVE:
            return nodeid
        return path + rest.partition("[")[2] if module == "test_answers" else path


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> Together:
    return Together(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Workers of `-n auto`, as in `make test`.

    Two for each core, for most tests wait; one for each for the quick ones; none for single files, which start sooner so.
    """
    if config.option.usepdb or all(Path(name.split("::")[0]).is_file() for name in config.args):
        return 0
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return cores if config.option.markexpr == "quick" else 2 * cores


@pytest.hookimpl(tryfirst=True)  # `-m` reads the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it needs, and let what takes longest begin first."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        needs = [marker for marker, fixture in RESOURCES.items() if fixture in used]
        for marker in needs:
            item.add_marker(marker)
        fixture = EXPENSIVE.get(item.path.stem)
        needs += [fixture] if fixture in used else []
        if (not needs and not item.get_closest_marker("slow")) or item.get_closest_marker("smoke"):
            item.add_marker("quick")
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Whole notebooks and browsers first, then the sandbox, then the rest; a worker that waits lets the others compute."""
    marks = {mark.name for mark in item.iter_markers()}
    return 2 if "quick" in marks else 1 if "sandbox" in marks and "slow" not in marks else 0


@pytest.fixture(scope="session")
def sandbox() -> None:
    """The grader's sandbox; where the system has none, the test is skipped."""
    from scalinglaws.course.grading.engine import sandbox

    if reason := sandbox.missing():
        pytest.skip(f"no isolation: {reason}")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Path]:
    """Make something expensive once for all processes of this run of the tests.

    once(name, make) gives a path; the first process that asks calls make(path), which writes it, and the others wait for it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "once"
    shared.mkdir(exist_ok=True)

    def once(name: str, make: Callable[[Path], None]) -> Path:
        path, done = shared / name, shared / f"{name}.done"
        with open(shared / f"{name}.lock", "w") as lock:
            while not try_lock(lock):
                time.sleep(0.1)
            if not done.exists():
                make(path)
                done.touch()
        return path

    return once


@pytest.fixture(scope="session")
def run_notebook() -> Callable[..., None]:
    """run_notebook(notebook) runs all cells in a kernel and writes their outputs into it."""
    from nbclient import NotebookClient

    def run_notebook(notebook, **options) -> None:
        NotebookClient(notebook, timeout=600, kernel_name="python3", **options).execute()

    return run_notebook


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Headless Chromium. Where there is none, the test is skipped, except in CI."""
    names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: .ci/run installs it")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser) -> Iterator:
    """An empty page with a profile of its own. The test fails if it asks anything of another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)  # ms; a busy machine is slow, not wrong
    strangers = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            strangers.append(url)

    context.on("request", lambda request: note(request.url))
    page = context.new_page()
    page.on("websocket", lambda socket: note(socket.url))
    yield page
    context.close()
    assert strangers == []
