"""Version folders: published whole, read back exactly, and refused when a single bit is not the manifest's."""

from __future__ import annotations

import ast
import os
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import _fleet
import pytest

import stockml
from stockml import files, training
from stockml.errors import ModelError
from stockml.store import golden, versions
from stockml.workspace import Workspace

PAIR = ("AAA", "BBB")
SOURCES = sorted(Path(stockml.__file__).parent.rglob("*.py"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str]]:
    """Two symbols with a version each, of one pooled fit."""
    workspace = Workspace(tmp_path_factory.mktemp("published"))
    plan = _fleet.plan()
    inputs = _fleet.build(_fleet.fleet(), plan)
    model = training.fit(inputs, plan, 1000, {})
    made = _fleet.publish(workspace, inputs, model, PAIR)
    for symbol, version in made.items():
        assert dict(golden.load(versions.read(workspace, symbol, version)).files) == dict(model.files)
    return workspace, made


@pytest.fixture
def copied(published: tuple[Workspace, dict[str, str]], tmp_path: Path) -> tuple[Workspace, dict[str, str]]:
    shutil.copytree(published[0].home, tmp_path / "home")
    return Workspace(tmp_path / "home"), published[1]


def test_what_is_read_back_is_what_was_published(published: tuple[Workspace, dict[str, str]]) -> None:
    workspace, made = published
    contents = versions.read(workspace, "AAA", made["AAA"])
    assert set(contents.files) == {*contents.manifest["files"]}
    model_files = {name: text for name, text in contents.files.items() if name not in versions.REPORTS}
    assert contents.manifest["model_hash"] == versions.model_hash(model_files)
    assert made["AAA"].endswith("-" + contents.manifest["model_hash"][:6])
    assert versions.names(workspace, "AAA") == [made["AAA"]]
    assert versions.made_at(made["AAA"]) == "2019-12-20T21:30:00Z"


def test_two_symbols_of_one_fit_share_the_files_on_disk(published: tuple[Workspace, dict[str, str]]) -> None:
    workspace, made = published
    one, other = (versions.folder(workspace, symbol, made[symbol]) for symbol in PAIR)
    for name in ("direction-1.lgb.txt", "direction-5.logit.json", "parameters.json"):
        assert (one / name).stat().st_ino == (other / name).stat().st_ino, name
    assert (one / "manifest.json").stat().st_ino != (other / "manifest.json").stat().st_ino


def _flip(folder: Path, other: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(folder.iterdir()))
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content))
    content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _truncate(folder: Path, other: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(folder.iterdir()))
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])


def _append(folder: Path, other: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(folder.iterdir()))
    path.write_bytes(path.read_bytes() + rng.choice([b"\n", b" ", b"\0", rng.randbytes(40)]))


def _zero(folder: Path, other: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(folder.iterdir()))
    content = bytearray(path.read_bytes())
    begin = rng.randrange(len(content))
    end = min(begin + 512, len(content))
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)


def _delete(folder: Path, other: Path, rng: random.Random) -> None:
    rng.choice(sorted(folder.iterdir())).unlink()


def _foreign(folder: Path, other: Path, rng: random.Random) -> None:
    name = rng.choice(["model.pkl", ".hidden", "manifest.json.bak", "direction-1.lgb.txt~", "Manifest.json"])
    (folder / name).write_bytes(rng.randbytes(rng.randrange(30)))


def _swap(folder: Path, other: Path, rng: random.Random) -> None:
    """One file, of those that differ between symbols, in the place of its namesake."""
    name = rng.choice([*versions.REPORTS, versions.MANIFEST])
    (folder / name).write_bytes((other / name).read_bytes())


def _cross(folder: Path, other: Path, rng: random.Random) -> None:
    """Two files of one folder under each other's names."""
    one, two = rng.sample(sorted(folder.iterdir()), 2)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def _whole(folder: Path, other: Path, rng: random.Random) -> None:
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


def _symlink(folder: Path, other: Path, rng: random.Random) -> None:
    """A link to the very same bytes: still not the file that was written."""
    path = rng.choice(sorted(folder.iterdir()))
    away = folder.parents[3] / f"away-{rng.random()}"
    shutil.move(path, away)
    path.symlink_to(away)


def _linked_folder(folder: Path, other: Path, rng: random.Random) -> None:
    away = folder.parents[3] / f"folder-{rng.random()}"
    shutil.move(folder, away)
    folder.symlink_to(away)


def _directory(folder: Path, other: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(folder.iterdir()))
    path.unlink()
    path.mkdir()


def _fifo(folder: Path, other: Path, rng: random.Random) -> None:
    """A pipe nobody writes to, which would block a careless reader for ever."""
    path = rng.choice(sorted(folder.iterdir()))
    path.unlink()
    os.mkfifo(path)


def _renamed(folder: Path, other: Path, rng: random.Random) -> None:
    """An intact manifest that claims another name for its version."""
    path = folder / versions.MANIFEST
    text = path.read_text().replace(folder.name, folder.name[:-6] + "abcdef")
    path.write_text(text)


CORRUPTIONS: tuple[Callable[[Path, Path, random.Random], None], ...] = (
    _flip, _flip, _flip, _flip, _truncate, _truncate, _append, _zero, _delete, _foreign, _swap, _cross, _whole,
    _symlink, _linked_folder, _directory, _fifo, _renamed,
)  # fmt: skip


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_every_corruption_of_a_version_folder_is_refused(copied: tuple[Workspace, dict[str, str]], first: int) -> None:
    workspace, made = copied
    keep = workspace.home / "keep"
    shutil.copytree(workspace.models, keep)
    other = versions.folder(workspace, "BBB", made["BBB"])
    folder = versions.folder(workspace, "AAA", made["AAA"])
    for seed in range(first, first + 50):
        rng = random.Random(seed)
        corrupt = CORRUPTIONS[seed % len(CORRUPTIONS)]
        corrupt(folder, other, rng)
        with pytest.raises(ModelError) as refusal:
            golden.load(versions.read(workspace, "AAA", made["AAA"]))
        assert refusal.value.symbol == "AAA", f"seed {seed}, {corrupt.__name__}"
        assert "stockml rollback AAA" in refusal.value.hint and made["AAA"] in refusal.value.message
        golden.load(versions.read(workspace, "BBB", made["BBB"]))
        shutil.rmtree(workspace.models)
        shutil.copytree(keep, workspace.models)


def test_a_model_that_computes_something_else_than_its_golden_rows_is_refused(
    published: tuple[Workspace, dict[str, str]],
) -> None:
    workspace, made = published
    contents = versions.read(workspace, "AAA", made["AAA"])
    rows = contents.manifest["golden"]["by_horizon"]["1"]["log_odds"]
    rows[0] = rows[0] + 2**-52 * abs(rows[0])  # the next float: one bit
    with pytest.raises(ModelError, match="golden rows"):
        golden.load(contents)


def test_a_planted_pickle_is_refused_as_foreign_and_never_executed(copied: tuple[Workspace, dict[str, str]]) -> None:
    workspace, made = copied
    proof = workspace.home / "executed"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(proof),))

    folder = versions.folder(workspace, "AAA", made["AAA"])
    (folder / "model.pkl").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ModelError, match=r"foreign file 'model\.pkl'"):
        golden.load(versions.read(workspace, "AAA", made["AAA"]))
    assert not proof.exists()
    pickle.loads((folder / "model.pkl").read_bytes())
    assert proof.exists(), "the bait would have worked"


def test_publishing_the_same_model_again_returns_the_version_that_is_there(
    copied: tuple[Workspace, dict[str, str]],
) -> None:
    workspace, made = copied
    contents = versions.read(workspace, "AAA", made["AAA"])
    model_files = {name: text for name, text in contents.files.items() if name not in versions.REPORTS}
    before = sorted((workspace.symbol_folder("AAA") / "versions").rglob("*"))
    again = versions.publish(workspace, "AAA", _fleet.MOMENT, model_files, {}, {}, {})
    assert again == made["AAA"]
    assert sorted((workspace.symbol_folder("AAA") / "versions").rglob("*")) == before


def test_training_again_replaces_a_damaged_version_as_the_refusal_promises(
    copied: tuple[Workspace, dict[str, str]],
) -> None:
    workspace, made = copied
    contents = versions.read(workspace, "AAA", made["AAA"])
    damaged = versions.folder(workspace, "AAA", made["AAA"]) / "direction-1.lgb.txt"
    damaged.write_bytes(b"tree\n")
    model_files = {name: text for name, text in contents.files.items() if name not in versions.REPORTS}
    again = versions.publish(workspace, "AAA", _fleet.MOMENT, model_files, {}, dict(contents.manifest), {})
    golden.load(versions.read(workspace, "AAA", again))
    assert versions.names(workspace, "AAA") == [again]


def test_a_half_made_folder_is_invisible_and_swept_by_the_next_publication(
    copied: tuple[Workspace, dict[str, str]],
) -> None:
    workspace, made = copied
    stage = workspace.symbol_folder("AAA") / "versions" / ".stage-20191220T213000Z-000000-1"
    stage.mkdir()
    (stage / "parameters.json").write_bytes(b"{")
    assert versions.names(workspace, "AAA") == [made["AAA"]]
    contents = versions.read(workspace, "AAA", made["AAA"])
    changed = {"parameters.json": contents.files["parameters.json"] + b"\n"}
    versions.publish(workspace, "AAA", _fleet.MOMENT, changed, {}, dict(contents.manifest), {})
    assert not stage.exists() and len(versions.names(workspace, "AAA")) == 2


@pytest.mark.parametrize("symbol", ["../AAA", "AAA/../BBB"])
def test_a_manifest_serves_only_the_symbol_it_names(published: tuple[Workspace, dict[str, str]], symbol: str) -> None:
    workspace, made = published
    with pytest.raises(ModelError):
        versions.read(workspace, symbol, made["AAA"])


def test_the_seal_covers_every_field_of_the_manifest(published: tuple[Workspace, dict[str, str]]) -> None:
    workspace, made = published
    manifest = dict(versions.read(workspace, "AAA", made["AAA"]).manifest)
    for key in manifest:
        changed = {**manifest, key: "something else"}
        with pytest.raises(ModelError, match="altered"):
            versions.parse_manifest(files.canonical_json(changed) + b"\n", "AAA", made["AAA"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_in_the_package_can_unpickle(path: Path) -> None:
    forbidden = {"pickle", "cPickle", "cloudpickle", "dill", "shelve", "marshal", "read_pickle", "allow_pickle"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {one.name for one in node.names} | {getattr(node, "module", None) or ""}
            assert not {part for name in names for part in name.split(".")} & forbidden
            assert not (getattr(node, "module", None) == "joblib" and names & {"load", "dump"})
        if isinstance(node, ast.Attribute):
            assert node.attr not in forbidden
            assert not (
                isinstance(node.value, ast.Name) and node.value.id == "joblib" and node.attr in ("load", "dump")
            )
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant) and node.value.value is False
