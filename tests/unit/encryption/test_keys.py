"""The key folder: whole keys or none, for no one else, and gone when destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.encryption import keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "keys"
    keys.prepare(made, make=True)
    return made


def test_a_key_is_kept_for_its_owner_alone(folder: Path) -> None:
    keys.write(folder, "box-1", b"secret")
    assert keys.read(folder, "box-1") == b"secret"
    assert keys.names(folder) == ("box-1",)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "box-1").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_written_again_is_replaced_and_leaves_nothing(folder: Path) -> None:
    keys.write(folder, "box-1", b"one")
    keys.write(folder, "box-1", b"two")
    assert keys.read(folder, "box-1") == b"two"
    assert [path.name for path in folder.iterdir()] == ["box-1"]


def test_a_destroyed_key_is_overwritten_before_its_name_goes(folder: Path) -> None:
    keys.write(folder, "box-1", b"secret")
    other = folder / "other-name"
    other.hardlink_to(folder / "box-1")
    assert keys.destroy(folder, "box-1")
    assert other.read_bytes() == bytes(6), "whoever had it by another name has nothing"
    other.unlink()
    assert keys.names(folder) == ()
    assert not keys.destroy(folder, "box-1"), "destroying twice is destroying once"
    with pytest.raises(keys.KeyFileMissingError):
        keys.read(folder, "box-1")


def test_a_write_that_fails_leaves_the_key_that_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.write(folder, "box-1", b"one")

    def fail(*_given: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("survey.encryption.keys.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        keys.write(folder, "box-1", b"two")
    assert keys.read(folder, "box-1") == b"one"
    assert keys.names(folder) == ("box-1",)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a/b", "A"])
def test_a_name_cannot_lead_out_of_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a key"):
        keys.write(folder, name, b"x")


def test_a_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(keys.FolderError, match=r"others on this machine can open.*chmod 700"):
        keys.prepare(tmp_path, make=False)


def test_a_folder_that_is_missing_is_refused_or_made(tmp_path: Path) -> None:
    with pytest.raises(keys.FolderError, match="is no folder"):
        keys.prepare(tmp_path / "none", make=False)
    keys.prepare(tmp_path / "none", make=True)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(keys.FolderError, match="is no folder"):
        keys.prepare(tmp_path / "file", make=True)


def test_a_folder_that_cannot_be_written_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a disk that is full or read-only, where the mode says nothing."""

    def fail(*_given: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("survey.encryption.keys.os.open", fail)
    with pytest.raises(keys.FolderError, match=r"cannot be written .Read-only"):
        keys.prepare(folder, make=False)
