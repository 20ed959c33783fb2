"""Training options, and the samples that a build keeps with the audio there is."""

import dataclasses
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.audio import write_audio
from support.metadata import write_sounds, youtube_id

from audioset_duck.audio.scan import find_files, scan
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import parse_targets, read_state
from audioset_duck.config.option_values import options_json
from audioset_duck.config.targets import Target
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.config.training_options import (
    TrainingOptions,
    parse_training_options,
)
from audioset_duck.errors import AudiosetDuckError

NAMES = (
    "pos_per_batch_frac, pos_weak_per_batch_frac, strong_neg_per_batch_frac,"
    " weak_neg_per_batch_frac, tier_a_fraction, primary_fraction, tier_a_coverage"
)
SUM = (
    "pos_per_batch_frac, pos_weak_per_batch_frac, strong_neg_per_batch_frac and"
    " weak_neg_per_batch_frac are {}, which add up to {}; expected 1"
)
TOO_MUCH = (
    "pos_per_batch_frac, pos_weak_per_batch_frac and strong_neg_per_batch_frac are {}, which add up"
    " to {}; expected at most 1, since weak_neg_per_batch_frac is the rest of a batch"
)
OF_SAMPLES = "{0!r} is an option of [samples]; write it there, or as --samples {1}"
SHARE = "expected a fraction from 0 to 1, with at most 9 decimals"
# Lines of TOML, and the message.
WRONG = [
    ("tier_a = 0.5", f"unknown option 'tier_a'; expected one of {NAMES}"),
    ("tier_a_fraction = 0.1234567891", f"tier_a_fraction is Decimal('0.1234567891'); {SHARE}"),
    ("primary_fraction = 1.01", f"primary_fraction is Decimal('1.01'); {SHARE}"),
    ("tier_a_coverage = [0.5]", f"tier_a_coverage is [Decimal('0.5')]; {SHARE}"),
    ("pos_weak_per_batch_frac = 'x'", f"pos_weak_per_batch_frac is 'x'; {SHARE}"),
    ("weak_neg_per_batch_frac = 0.6", SUM.format("0.25, 0, 0.25, 0.6", "1.10")),
    ("pos_per_batch_frac = 0.8", TOO_MUCH.format("0.8, 0, 0.25", "1.05")),
    (
        "pos_per_batch_frac = 0.5\npos_weak_per_batch_frac = 0.4\nstrong_neg_per_batch_frac = 0.3",
        TOO_MUCH.format("0.5, 0.4, 0.3", "1.2"),
    ),
    (
        "pos_per_batch_frac = 0.3\nstrong_neg_per_batch_frac = 0.3\nweak_neg_per_batch_frac = 0.3",
        SUM.format("0.3, 0, 0.3, 0.3", "0.9"),
    ),
    ("head_keep_frac = 0.50", OF_SAMPLES.format("head_keep_frac", "head_keep_frac=0.5")),
    ("seed = 7", OF_SAMPLES.format("seed", "seed=7")),
    (
        "completion_rare_cutoff = 5",
        OF_SAMPLES.format("completion_rare_cutoff", "completion_rare_cutoff=5"),
    ),
    (
        "head_labels = ['/m/04rlf', '/m/09x0r']",
        OF_SAMPLES.format("head_labels", "head_labels=/m/04rlf,/m/09x0r"),
    ),
    (
        "head_labels = ['Male speech, man speaking']",
        OF_SAMPLES.format("head_labels", "'head_labels=Male speech, man speaking'"),
    ),
    ("head_keep_frac = 2", f"head_keep_frac is 2; {SHARE}"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG)
def test_wrong_options_in_a_file(tmp_path: Path, lines: str, message: str) -> None:
    file = tmp_path / "audioset-duck.toml"
    file.write_text(f"[training]\n{lines}\n")
    with pytest.raises(AudiosetDuckError, match=re.escape(f"{file}: [training]: {message}")):
        read_configuration(file)
    file.write_text(f"[targets.dog]\nlabels = ['Bark']\n[targets.dog.training]\n{lines}\n")
    where = f"{file}: [targets.dog].training: "
    with pytest.raises(AudiosetDuckError, match=re.escape(where + message)):
        read_configuration(file)


def test_training_that_is_not_a_table(tmp_path: Path) -> None:
    file = tmp_path / "audioset-duck.toml"
    file.write_text("training = 5")
    message = r"\[training\] is 5; expected a table of options"
    with pytest.raises(AudiosetDuckError, match=message):
        read_configuration(file)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["tier_a_fraction"], "--training 'tier_a_fraction' has no value; expected OPTION=VALUE"),
        (["keep=1"], f"--training: unknown option 'keep'; expected one of {NAMES}"),
        (["primary_fraction=50%"], f"--training: primary_fraction is '50%'; {SHARE}"),
        (["tier_a_fraction="], f"--training: tier_a_fraction is ''; {SHARE}"),
        (["weak_neg_per_batch_frac=0"], "--training: " + SUM.format("0.25, 0, 0.25, 0", "0.50")),
        (["pos_per_batch_frac=0.9"], "--training: " + TOO_MUCH.format("0.9, 0, 0.25", "1.15")),
        (
            ["head_keep_frac=0.5"],
            "--training: " + OF_SAMPLES.format("head_keep_frac", "head_keep_frac=0.5"),
        ),
    ],
)
def test_wrong_options_of_a_command(
    run, demo_metadata: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    words = [word for option in options for word in ("--training", option)]
    result = run("build", "--metadata", demo_metadata, "--target", "gun", *words)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "catalog.duckdb").exists()


def test_options_need_a_target(run, demo_metadata: Path) -> None:
    result = run("build", "--metadata", demo_metadata, "--training", "tier_a_fraction=1")
    assert result.exit_code == 1
    assert "--training need a target; name it with --target or --name" in result.stderr


@pytest.mark.slow
def test_options_of_a_file_a_target_and_a_command(run, demo_metadata: Path, tmp_path: Path) -> None:
    """The option closest to the target wins; options set nowhere have their defaults."""
    (tmp_path / "audioset-duck.toml").write_text("""
        [training]
        tier_a_fraction = 0.5
        primary_fraction = 0.50
        tier_a_coverage = 0.3

        [targets.dog]
        labels = ["Bark"]
        training = { primary_fraction = 0.4 }
    """)
    words = ["build", "--metadata", demo_metadata, "--target", "gun", "--target", "dog"]
    words += ["--training", "tier_a_fraction=0.7", "--training", "pos_weak_per_batch_frac=0.1"]
    assert run(*words).exit_code == 0
    with open_catalog(tmp_path / "catalog.duckdb") as connection:
        kept = parse_targets(read_state(connection))
    for name, primary_fraction in {"gun": "0.5", "dog": "0.4"}.items():
        assert kept[name].training == TrainingOptions(
            pos_weak_per_batch_frac=Decimal("0.1"),
            weak_neg_per_batch_frac=Decimal("0.4"),
            tier_a_fraction=Decimal("0.7"),
            primary_fraction=Decimal(primary_fraction),
            tier_a_coverage=Decimal("0.3"),
        )


@pytest.mark.parametrize(
    ("options", "rest"),
    [
        ({}, "0.5"),
        ({"tier_a_fraction": "0.1"}, "0.5"),
        ({"pos_per_batch_frac": "0.3"}, "0.45"),
        ({"pos_weak_per_batch_frac": "0.25"}, "0.25"),
        ({"strong_neg_per_batch_frac": "0.75"}, "0"),
        ({"strong_neg_per_batch_frac": "0.65", "weak_neg_per_batch_frac": "0.1"}, "0.1"),
    ],
)
def test_weak_negatives_are_the_rest_of_a_batch(options: dict[str, str], rest: str) -> None:
    training = parse_training_options(options, TrainingOptions(), "")
    assert options_json(training)["weak_neg_per_batch_frac"] == rest


def test_the_rest_of_a_batch_is_that_of_the_closest_table() -> None:
    """A target that sets one fraction need not repeat the others."""
    outer = parse_training_options(
        {"pos_per_batch_frac": "0.35", "weak_neg_per_batch_frac": "0.4"}, TrainingOptions(), ""
    )
    inner = parse_training_options({"pos_per_batch_frac": "0.5"}, outer, "")
    assert inner.weak_neg_per_batch_frac == Decimal("0.25")
    assert parse_training_options({"tier_a_fraction": "0.1"}, outer, "") == dataclasses.replace(
        outer, tier_a_fraction=Decimal("0.1")
    )


@pytest.mark.parametrize(
    "training",
    [
        TrainingOptions(),
        TrainingOptions(Decimal(1), Decimal(0), Decimal(0), Decimal(0)),
        TrainingOptions(tier_a_coverage=Decimal("0.123456789"), primary_fraction=Decimal(0)),
        TrainingOptions(tier_a_fraction=Decimal("0.000000001")),
    ],
)
def test_options_are_written_and_read_back(training: TrainingOptions) -> None:
    written = json.loads(json.dumps(options_json(training)))
    assert parse_training_options(written, TrainingOptions(), "here") == training


def test_equal_shares_are_written_the_same() -> None:
    shares = [
        parse_training_options({"tier_a_fraction": text}, TrainingOptions(), "")
        for text in ("0.50", "0.5")
    ]
    assert options_json(shares[0]) == options_json(shares[1])
    assert options_json(shares[0])["tier_a_fraction"] == "0.5"


def test_a_build_reports_what_it_kept(run, demo_metadata: Path, tmp_path: Path) -> None:
    """Samples by role and split, what each filter removed, labels by tier."""
    result = run("build", "--metadata", demo_metadata, "--target", "gun")
    assert result.exit_code == 0
    with duckdb.connect(str(tmp_path / "catalog.duckdb"), read_only=True) as connection:
        counts = connection.execute("""
            select split, role, sum(sample_count) filter (where reason is null),
                sum(sample_count) filter (where reason = 'head_trimming'),
                sum(sample_count) filter (where reason = 'strong_positive'),
                sum(sample_count) filter (where reason = 'has_strong_labels')
            from gun.sample_counts group by all
        """).fetchall()
        tiers = connection.execute(
            "select pool, tier, count(*) from gun.label_pools group by all"
        ).fetchall()
    lines = [re.sub(r"\s+", " ", line) for line in result.stdout.splitlines()]
    for split, role, samples, trimmed, conflicts, labelled in counts:
        (line,) = (line for line in lines if line.strip().startswith(f"{split} {role} "))
        assert f"{samples or 0:,}" in line
        reasons = {"head_trimming": trimmed, "strong_positive": conflicts}
        for reason, count in (reasons | {"has_strong_labels": labelled}).items():
            assert (f"{reason} {count or 0:,}" in line) == bool(count)
    for pool, tier, labels in tiers:
        assert [line for line in lines if line.strip().startswith(f"{pool} {tier} {labels} ")]
    assert len(counts) == 8
    assert len(tiers) == 4


# Audio.


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    return write_sounds(tmp_path / "metadata", 3, {"/m/a": 2}, {"/m/b": 2})


def samples(catalog: Path) -> list[tuple]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        return connection.execute(
            "select sample_id, ytid, audio_path from t.samples order by sample_id"
        ).fetchall()


def test_build_with_an_audio_root(run, metadata: Path, tmp_path: Path) -> None:
    """Only clips whose audio is there give samples; the build says why others give none."""
    words = ["build", "--name", "t", "--label", "/m/gun", "--audio-root", "audio"]
    missing = run(*words)
    assert missing.exit_code == 1
    assert "there is no folder audio; name the folder of the audio files with --audio-root" in (
        missing.stderr
    )
    for letter in "gsw":
        write_audio(tmp_path / "audio" / f"{youtube_id(letter, 0)}.wav", 3)
    (tmp_path / "audio" / f"{youtube_id('g', 1)}.wav").write_bytes(b"no audio")
    result = run(*words)
    assert result.exit_code == 0
    # The numbers are those that they have among all samples, with audio or without.
    assert samples(tmp_path / "catalog.duckdb") == [
        (number, ytid, str(tmp_path / "audio" / f"{ytid}.wav"))
        for number, ytid in (
            (0, youtube_id("w", 0)),
            (2, youtube_id("g", 0)),
            (5, youtube_id("s", 0)),
        )
    ]
    line = next(line for line in result.stdout.splitlines() if "positive" in line and "aud" in line)
    assert "audio_corrupted 1" in line
    assert "audio_not_found 1" in line


def test_a_build_without_audio_reports_it(run, metadata: Path) -> None:
    result = run("build", "--name", "t", "--label", "/m/gun")
    assert result.exit_code == 0
    assert re.search(r"no (audio|inventory)", result.stdout + result.stderr)


@pytest.mark.slow
def test_samples_follow_the_inventory(metadata: Path, tmp_path: Path) -> None:
    """Scanned after a build, and again when files have come and gone: samples are rebuilt."""
    catalog, root = tmp_path / "catalog.duckdb", tmp_path / "audio"
    build(catalog, [Target("t", ("/m/gun",)), Target("other", ("/m/a",))], metadata)
    before = samples(catalog)
    assert [row[1:] for row in before] == [
        *((youtube_id("w", number), None) for number in range(2)),
        *((youtube_id("g", number), None) for number in range(3)),
        *((youtube_id("s", number), None) for number in range(2)),
    ]
    first = write_audio(root / f"{youtube_id('g', 0)}.wav", 3)
    write_audio(root / f"{youtube_id('w', 1)}.flac", 7.5)
    scan(catalog, find_files(root))
    assert [row[1] for row in samples(catalog)] == [youtube_id("w", 1), youtube_id("g", 0)]
    with duckdb.connect(str(catalog), read_only=True) as connection:
        weak = "select end_seconds from {}.samples where role = 'weak_negative'"
        for target in ("t", "other"):
            assert connection.execute(weak.format(target)).fetchall() == [(Decimal("7.500"),)]
    first.unlink()
    write_audio(root / f"{youtube_id('s', 1)}.wav", 3)
    scan(catalog, find_files(root))
    assert [row[1] for row in samples(catalog)] == [youtube_id("w", 1), youtube_id("s", 1)]
    # A build afterwards keeps the inventory.
    build(catalog, [Target("t", ("/m/gun",))], metadata)
    assert [row[1] for row in samples(catalog)] == [youtube_id("w", 1), youtube_id("s", 1)]


def test_training_needs_torch_only_when_it_is_asked_for(tmp_path: Path) -> None:
    """Without torch all else imports; the classes say what to install."""
    code = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
import audioset_duck
import audioset_duck.cli.commands, audioset_duck.catalog.build, audioset_duck.audio.scan
assert "torch" not in sys.modules
print(sorted(audioset_duck.__all__))
for name in audioset_duck.__all__:
    try:
        getattr(audioset_duck, name)
    except ImportError as error:
        print(error)
try:
    audioset_duck.nothing
except AttributeError as error:
    print(error)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    names, *lines = result.stdout.splitlines()
    assert names == str(sorted(CLASSES))
    assert sorted(lines[:-1]) == [
        f"{name} needs torch; install it with pip install 'audioset-duck[torch]'"
        for name in sorted(CLASSES)
    ]
    assert lines[-1] == "module 'audioset_duck' has no attribute 'nothing'"


CLASSES = [
    "AudioSetClips",
    "AudioSetDataset",
    "Batch",
    "Clip",
    "Sample",
    "TwoTierBatchSampler",
    "collate",
    "predict",
]


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_there_with_torch(name: str) -> None:
    import audioset_duck

    assert getattr(audioset_duck, name).__name__ == name
