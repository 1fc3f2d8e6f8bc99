"""What is released: the source holds all that its tests need, and one tag names one release."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tools.release_notes import notes

ROOT = Path(__file__).parent.parent


def held() -> set[str]:
    """List the files of the repository, with those that are not committed yet."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in run.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")
def test_the_source_distribution_holds_all_that_the_repository_does(tmp_path: Path) -> None:
    pytest.importorskip("scikit_build_core", reason="the build's tools are not installed")
    script = f"from scikit_build_core.build import build_sdist; build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as source:
        names = {member.name.partition("/")[2] for member in source if member.isfile()}
    assert names == held() | {"PKG-INFO"}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A repository of version 0.3.0, with three releases in its changelog."""
    (tmp_path / "src" / "huepress").mkdir(parents=True)
    (tmp_path / "src" / "huepress" / "__init__.py").write_text('__version__ = "0.3.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\nNothing.\n\n## 0.3.0 - 2027-01-02\n\n### Added\n\n- More."
        "\n\n## 0.3.0rc1 - 2027-01-01\n\nLess.\n"
    )
    return tmp_path


def test_a_releases_notes_are_what_the_changelog_says_of_it(release: Path) -> None:
    assert notes("v0.3.0", release) == "### Added\n\n- More.\n"


@pytest.mark.parametrize("tag", ["0.3.0", "v0.3", "v0.3.1", "v0.3.0rc1"])
def test_a_tag_of_another_version_makes_no_release(tag: str, release: Path) -> None:
    with pytest.raises(ValueError, match=f"the tag is {tag}, __version__ is 0.3.0"):
        notes(tag, release)


def test_a_version_that_the_changelog_has_not_dated_makes_no_release(release: Path) -> None:
    (release / "CHANGELOG.md").write_text("## Unreleased\n\n## 0.3.0\n\nNo day.\n")
    with pytest.raises(ValueError, match=r"no '## 0\.3\.0 - YEAR-MONTH-DAY'"):
        notes("v0.3.0", release)


def test_this_version_has_notes() -> None:
    import huepress

    assert notes(f"v{huepress.__version__}")
