"""Filters, plugins found and registered, and pipelines that survive broken ones."""

import gc
import importlib.util
import json
import logging
import re
import signal
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from text_filters import (
    API_VERSION,
    GROUP,
    ContractError,
    DuplicateError,
    Filter,
    GenerationError,
    Pipeline,
    PluginError,
    Problem,
    Reason,
    Registry,
    VersionError,
    read_disabled,
)

PROJECT = Path(__file__).parents[1]
BROKEN = PROJECT / "tests" / "broken_plugins"
# What `discover` has to say about the broken plugins, in the order in which it says it.
SKIPPED = [
    ("fails-when-called", Reason.CONSTRUCTOR, FileNotFoundError, "no dictionary"),
    ("fails-when-imported", Reason.IMPORT, ImportError, "no module"),
    ("has-no-method", Reason.CONTRACT, ContractError, "no `apply`"),
    ("has-no-version", Reason.VERSION, ContractError, "no `api_version`"),
    ("is-not-there", Reason.IMPORT, AttributeError, "IsNotThere"),
    ("is-too-new", Reason.VERSION, VersionError, "the newest supported is 1"),
    ("is-too-old", Reason.VERSION, VersionError, "the oldest supported is 1"),
    ("trim", Reason.DUPLICATE, DuplicateError, "a filter `trim` already"),
]
BUILT_IN = ["trim", "uppercase"]
FOUND = ["fails-when-applied", "limit", "panics", "returns-none", "reverse", "shout", "stars"]


class Redact:
    """Replaces a word."""

    api_version = 1

    def __init__(self, word: str = "secret") -> None:
        """Say which."""
        self.word = word

    def apply(self, text: str) -> str:
        """Return the text without the word."""
        return text.replace(self.word, "[...]")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the plugin's wheel, and install it into a folder of its own."""
    command = ["cargo", "metadata", "--no-deps", "--format-version=1"]
    metadata = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE)
    # The project's own folder: pyo3 is compiled there already.
    target = json.loads(metadata.stdout)["target_directory"]
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "maturin", "build", "--profile=dev", "--interpreter", sys.executable]
    build += ["--manifest-path=plugin/Cargo.toml", "--target-dir", target, "--out", str(wheels)]
    subprocess.run(build, cwd=PROJECT, check=True)
    if importlib.util.find_spec("pip"):
        install = [sys.executable, "-m", "pip", "install"]
    else:
        install = ["uv", "pip", "install", "--python", sys.executable]
    install += ["--no-index", "--no-deps", "--target", str(site)]
    subprocess.run([*install, *map(str, wheels.glob("*.whl"))], check=True)
    return site


@pytest.fixture
def registry(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Return a registry that discovers the installed plugin and the broken ones."""
    monkeypatch.syspath_prepend(installed)
    monkeypatch.syspath_prepend(BROKEN)
    return Registry()


def run(registry: Registry, *names: str, text: str) -> tuple[str, list[Problem]]:
    return Pipeline([registry[name] for name in names]).run(text)


def test_built_in_filters_run_in_the_order_of_the_pipeline() -> None:
    text, problems = run(Registry(), *BUILT_IN, text=" straße ")
    assert (text, problems) == ("STRASSE", [])


def test_an_empty_pipeline_changes_nothing() -> None:
    assert Pipeline([]).run(" as it is ") == (" as it is ", [])


@pytest.mark.parametrize("plugin", [Redact, Redact("secret")])
def test_classes_and_instances_are_registered_by_hand(plugin: Filter | type[Filter]) -> None:
    registry = Registry()
    registry.register("redact", plugin)
    assert list(registry) == [*BUILT_IN, "redact"]
    assert registry["redact"].api_version == API_VERSION
    assert registry["redact"].distribution is None
    assert run(registry, "redact", "uppercase", text="a secret") == ("A [...]", [])


def test_what_is_registered_by_hand_must_work() -> None:
    registry = Registry()
    with pytest.raises(ValueError, match="a filter `trim` already"):
        registry.register("trim", Redact)
    with pytest.raises(TypeError, match="no `api_version`"):
        registry.register("text", "no plugin")  # type: ignore[arg-type]
    assert list(registry) == BUILT_IN


def test_the_type_checker_knows_the_contract() -> None:
    class Silent:
        api_version = "1"

        def apply(self, text: str) -> None:
            """Return nothing."""

    # Mypy reports it if one of these were not an error.
    with pytest.raises(TypeError):
        Registry().register("silent", Silent)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Registry().register("silent", Silent())  # type: ignore[arg-type]


def test_installed_plugins_are_found_and_broken_ones_reported(registry: Registry) -> None:
    problems = registry.discover()
    assert list(registry) == [*BUILT_IN, *FOUND]
    assert [(problem.plugin, problem.reason) for problem in problems] == [
        (name, reason) for name, reason, _, _ in SKIPPED
    ]
    for problem, (_, _, kind, message) in zip(problems, SKIPPED, strict=True):
        assert problem.distribution == "broken-filters"
        assert type(problem.exception) is kind
        assert message in str(problem.exception)
        assert problem.plugin in repr(problem)


def test_what_the_user_disabled_is_not_even_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advertise(tmp_path, "quotes-off", "raise SystemExit\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings = tmp_path / "plugins.toml"
    assert read_disabled(settings) == frozenset()
    settings.write_text(f'["{GROUP}"]\ndisabled = ["quote"]\n', encoding="utf-8")
    registry = Registry()
    assert registry.discover(disabled=read_disabled(settings)) == []
    assert "quote" not in registry
    assert "quotes_off" not in sys.modules


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of importlib.metadata, about the missing name
def test_what_is_left_of_a_removed_package_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advertise(tmp_path, "quotes-left", "class Quote:\n    api_version = 1\n    apply = staticmethod(repr)\n")
    (tmp_path / "quotes_left-1.0.dist-info" / "METADATA").unlink()
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    assert registry.discover() == []
    assert "quote" in registry


def test_what_is_skipped_is_logged(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "text_filters.registry"):
        problems = registry.discover()
    assert [record.getMessage() for record in caplog.records] == [f"skipped {problem!r}" for problem in problems]


@pytest.mark.parametrize(("name", "filtered"), [("reverse", "etêt"), ("shout", "TÊTE!"), ("stars", "têt*")])
def test_plugins_in_rust_and_python_are_applied(registry: Registry, name: str, filtered: str) -> None:
    registry.discover()
    assert registry[name].distribution == "loud-filters"
    assert run(registry, "trim", name, text=" tête ") == (filtered, [])


@pytest.mark.parametrize(
    ("name", "reason", "kind"),
    [
        ("fails-when-applied", Reason.APPLY, "ZeroDivisionError"),
        ("limit", Reason.APPLY, "ValueError"),
        ("returns-none", Reason.RESULT, "TypeError"),
        # A panic in another extension: its exception is no `Exception`.
        ("panics", Reason.APPLY, "PanicException"),
    ],
)
def test_a_plugin_that_fails_is_skipped(registry: Registry, name: str, reason: Reason, kind: str) -> None:
    registry.discover()
    text, problems = run(registry, "trim", name, "uppercase", text=" été dernier à la plage ")
    assert text == "ÉTÉ DERNIER À LA PLAGE"
    (problem,) = problems
    assert problem.plugin == name
    assert (problem.reason, type(problem.exception).__name__) == (reason, kind)


def test_reports_are_frozen(registry: Registry) -> None:
    problem = registry.discover()[0]
    with pytest.raises(AttributeError):
        problem.plugin = "other"  # type: ignore[misc]


def advertise(folder: Path, distribution: str, source: str) -> None:
    """Write what is left in a folder of packages after a distribution was installed."""
    module = distribution.replace("-", "_")
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    for path, text in [
        (folder / f"{module}.py", source),
        (metadata / "METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"),
        (metadata / "entry_points.txt", f"[{GROUP}]\nquote = {module}:Quote\n"),
    ]:
        path.write_text(text, encoding="utf-8")


def test_the_first_plugin_that_works_gets_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "class Quote:\n    api_version = 1\n    apply = staticmethod(repr)\n"
    advertise(tmp_path, "quotes-c", source)
    advertise(tmp_path, "quotes-b", source)
    advertise(tmp_path, "quotes-a", source.replace("1", "1000"))
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    problems = registry.discover()
    assert [(problem.distribution, problem.reason) for problem in problems] == [
        ("quotes-a", Reason.VERSION),
        ("quotes-c", Reason.DUPLICATE),
    ]
    assert registry["quote"].distribution == "quotes-b"
    assert "quotes_c" not in sys.modules


PASSING = [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError]


@pytest.mark.parametrize("error", PASSING)
def test_what_is_no_fault_of_a_plugin_comes_out(error: type[BaseException]) -> None:
    class Interrupted(Redact):
        def apply(self, text: str) -> str:
            raise error

    registry = Registry()
    registry.register("interrupted", Interrupted)
    with pytest.raises(error):
        run(registry, "interrupted", "trim", text="text")


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit", "MemoryError"])
def test_what_is_no_fault_ends_a_discovery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    advertise(tmp_path, f"quotes-{error.lower()}", f"raise {error}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises((KeyboardInterrupt, SystemExit, MemoryError)) as raised:
        Registry().discover()
    assert type(raised.value).__name__ == error


@pytest.mark.skipif(not hasattr(signal, "SIGTERM") or sys.platform == "win32", reason="needs signals")
def test_a_signal_handler_ends_the_program_while_a_plugin_runs() -> None:
    program = (
        "import os, signal, sys, time\n"
        "from text_filters import Pipeline, Registry\n"
        "class Slow:\n"
        "    api_version = 1\n"
        "    def apply(self, text):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(1)\n"
        "        return text\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        "registry = Registry()\n"
        "registry.register('slow', Slow)\n"
        "Pipeline([registry['slow']]).run('text')\n"
        "print('still alive after SIGTERM')\n"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (3, "", "")


def test_exceptions_of_the_package_have_one_base() -> None:
    pairs = [
        (ContractError, TypeError),
        (VersionError, ValueError),
        (DuplicateError, ValueError),
        (GenerationError, RuntimeError),
    ]
    for error, builtin in pairs:
        assert issubclass(error, PluginError)
        assert issubclass(error, builtin)


def test_a_reason_is_the_member(registry: Registry) -> None:
    assert registry.discover()[0].reason is Reason.CONSTRUCTOR


def test_filters_in_rust_let_other_threads_run() -> None:
    pipeline = Pipeline([Registry()["uppercase"]])
    text = "straße, " * 400_000

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            pipeline.run(text)
            finished.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        meanwhile = not finished.is_set()
        thread.join()
        return meanwhile

    interval = sys.getswitchinterval()
    # Nobody is asked for the interpreter: only who detaches lets others have it.
    sys.setswitchinterval(1000)
    try:
        # On a busy machine the other thread may be done before this one gets a processor.
        assert any(runs_meanwhile() for _ in range(5))
    finally:
        sys.setswitchinterval(interval)


def test_a_pipeline_may_run_in_many_threads() -> None:
    registry = Registry()
    registry.register("redact", Redact)
    pipeline = Pipeline([registry["redact"], registry["trim"]])
    texts = [f" secret {number}" for number in range(500)]
    with ThreadPoolExecutor(4) as pool:
        filtered = [text for text, _ in pool.map(pipeline.run, texts)]
    assert filtered == [f"[...] {number}" for number in range(500)]


def test_a_plugin_that_keeps_its_pipeline_is_collected() -> None:
    class Nested(Redact):
        pipeline: Pipeline

    nested, registry = Nested(), Registry()
    registry.register("nested", nested)
    nested.pipeline = Pipeline([registry["nested"]])
    gone = weakref.ref(nested)
    del nested, registry
    gc.collect()
    assert gone() is None


def test_a_report_and_what_it_holds_are_collected() -> None:
    class Kept(Redact):
        problems: list[Problem]

        def apply(self, text: str) -> str:
            raise ValueError(self.word)

    kept, registry = Kept(), Registry()
    registry.register("kept", kept)
    # The report leads to the exception, its traceback, `self` there, and back to the report.
    _, kept.problems = run(registry, "kept", text="text")
    gone = weakref.ref(kept)
    del kept, registry
    gc.collect()
    assert gone() is None


def run_program(source: str) -> str:
    command = [sys.executable, "-W", "error", "-c", source]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def test_the_readme_runs(installed: Path) -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    program = "\n".join([f"import sys; sys.path.append({str(installed)!r})", *blocks])
    assert run_program(program) == "The [...] of Ada\nHELLO!\n"


def test_a_program_finds_installed_plugins(installed: Path) -> None:
    program = (
        f"import sys; sys.path.append({str(installed)!r})\n"
        "from text_filters import Pipeline, Registry\n"
        "registry = Registry()\n"
        "problems = registry.discover()\n"
        "text, failures = Pipeline([registry['trim'], registry['shout']]).run(' hello ')\n"
        "print(text, len(problems), len(failures))\n"
    )
    assert run_program(program) == "HELLO! 0 0\n"
