"""Metadata files from rows that a test gives."""

from pathlib import Path

STRONG_HEADER = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"


WEAK_HEADER = "# created\n# counts\n# YTID, start_seconds, end_seconds, positive_labels\n"


def write_metadata(folder: Path, **files: str) -> Path:
    """Write rows below the official headers.

    `train` and `eval`: events as `clip start end label`; `framed`: the same and present;
    `unbalanced`, `balanced`, `weak_eval`: `ytid start end label,label`; `names`: MID and name;
    `indices`: lines of class_labels_indices.csv; `ontology`: JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    strong = {
        "train": "audioset_train_strong.tsv",
        "eval": "audioset_eval_strong.tsv",
        "framed": "audioset_eval_strong_framed_posneg.tsv",
    }
    weak = {
        "unbalanced": "unbalanced_train_segments.csv",
        "balanced": "balanced_train_segments.csv",
        "weak_eval": "eval_segments.csv",
    }
    for key, text in files.items():
        rows = [line.split() for line in text.strip().splitlines()]
        if key in strong:
            header = STRONG_HEADER if key != "framed" else STRONG_HEADER[:-1] + "\tpresent\n"
            body = header + "".join("\t".join(row) + "\n" for row in rows)
            (folder / strong[key]).write_text(body)
        elif key in weak:
            lines = (f'{ytid}, {start}, {end}, "{labels}"\n' for ytid, start, end, labels in rows)
            (folder / weak[key]).write_text(WEAK_HEADER + "".join(lines))
        elif key == "names":
            lines = (line.split(maxsplit=1) for line in text.strip().splitlines())
            (folder / "mid_to_display_name.tsv").write_text(
                "".join(f"{mid}\t{name}\n" for mid, name in lines)
            )
        elif key == "indices":
            (folder / "class_labels_indices.csv").write_text(
                "index,mid,display_name\n" + text.strip() + "\n"
            )
        else:
            assert key == "ontology"
            (folder / "ontology.json").write_text(text)
    return folder


def youtube_id(letter: str, number: int) -> str:
    """A synthetic YouTube id, as in `g0000000012`."""
    return f"{letter}{number:010d}"


def write_sounds(
    folder: Path,
    positives: int,
    strong: dict[str, int] | None = None,
    weak: dict[str, int] | None = None,
    **files: str,
) -> Path:
    """Write metadata of clips that each have one event, from 1 to 2 seconds.

    Args:
        folder: The folder to write to.
        positives: Number of clips of strong_train with /m/gun, `g0000000000_0` and so on.
        strong: Number of its clips with each other label, `s0000000000_0` and so on.
        weak: Number of clips of weak_balanced_train with each label, `w0000000000_0` and so on.
        files: More rows, as for `write_metadata`; those of `train` and `balanced` come first.
    """
    other = [label for label, count in (strong or {}).items() for _ in range(count)]
    tagged = [label for label, count in (weak or {}).items() for _ in range(count)]
    events = [
        *(f"{youtube_id('g', number)}_0 1.000 2.000 /m/gun" for number in range(positives)),
        *(f"{youtube_id('s', number)}_0 1.000 2.000 {label}" for number, label in enumerate(other)),
    ]
    clips = [
        f"{youtube_id('w', number)} 0.000 10.000 {label}" for number, label in enumerate(tagged)
    ]
    files["train"] = "\n".join([files.get("train", ""), *events])
    files["balanced"] = "\n".join([files.get("balanced", ""), *clips])
    labels = sorted({"/m/gun", *other, *",".join(tagged).split(",")} - {""})
    files.setdefault("names", "\n".join(f"{label} Name of {label[3:]}" for label in labels))
    return write_metadata(folder, **files)
