"""audioset-duck.toml: the user's own targets and defaults."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from audioset_duck.config.targets import (
    BUILT_IN,
    Target,
    check_name,
    parse_target,
    parse_window_seconds,
)
from audioset_duck.config.training_options import TrainingOptions, parse_training_options
from audioset_duck.errors import AudiosetDuckError

DEFAULT_FILE = Path("audioset-duck.toml")


@dataclass(frozen=True)
class Configuration:
    """What audioset-duck.toml says, over what is built in.

    Attributes:
        targets: All targets that can be built by name.
        origins: Where each of them is defined.
        window_seconds: Length of a window, in seconds.
        training: How samples are kept and drawn.
    """

    targets: dict[str, Target] = field(default_factory=lambda: dict(BUILT_IN))
    origins: dict[str, str] = field(default_factory=lambda: dict.fromkeys(BUILT_IN, "built in"))
    window_seconds: Decimal = Decimal("1.000")
    training: TrainingOptions = field(default_factory=TrainingOptions)


def read_configuration(file: Path | None = None) -> Configuration:
    """Read a configuration file; without one, `audioset-duck.toml` of this folder if it is there.

    Raises:
        AudiosetDuckError: The named file is missing, is no TOML, or says what cannot be.
    """
    if file is None and not DEFAULT_FILE.is_file():
        return Configuration()
    file = file or DEFAULT_FILE
    try:
        text = file.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text, parse_float=_parse_float)
        # Of a number with thousands of digits, no message could tell.
        repr(document)
    except OSError as error:
        raise AudiosetDuckError(f"{file} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise AudiosetDuckError(f"{file} is no TOML: its values are nested too deep") from None
    except ValueError as error:
        raise AudiosetDuckError(f"{file} is no TOML: {error}") from None
    for key in document.keys() - {"targets", "window_seconds", "training"}:
        raise AudiosetDuckError(
            f"{file}: there is no option {key!r}; right are window_seconds, targets, training"
        )
    window_seconds = parse_window_seconds(document.get("window_seconds", "1"), f"{file}: ")
    training = parse_training_options(
        document.get("training", {}), TrainingOptions(), f"{file}: [training]"
    )
    tables = document.get("targets", {})
    if not isinstance(tables, dict):
        raise AudiosetDuckError(f"{file}: targets is {tables!r}; right is [targets.NAME]")
    for name in tables:
        check_name(name, f"{file}: ")
    own = {
        name: parse_target(name, options, window_seconds, f"{file}: [targets.{name}]", training)
        for name, options in tables.items()
    }
    built_in = {
        name: dataclasses.replace(target, window_seconds=window_seconds, training=training)
        for name, target in BUILT_IN.items()
    }
    return Configuration(
        built_in | own,
        dict.fromkeys(built_in, "built in") | dict.fromkeys(own, str(file)),
        window_seconds,
        training,
    )


def _parse_float(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} has too large an exponent") from None


def choose_targets(
    known: Mapping[str, Target],
    names: Sequence[str],
    own_name: str | None = None,
    labels: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    descendants: bool = False,
    window_seconds: Decimal | None = None,
    default_window_seconds: Decimal = Decimal("1.000"),
    training: Mapping[str, str] | None = None,
    default_training: TrainingOptions | None = None,
) -> list[Target]:
    """Targets to build: known ones by name, and one of the user's own.

    Args:
        known: What can be named.
        names: Names of known targets.
        own_name: Name of a target of the user's own.
        labels: Its labels.
        ignore: Labels that each of the targets ignores, besides its own.
        descendants: Each of the targets takes the ontology's descendants.
        window_seconds: Length of a window of each of the targets, in seconds; None: its own.
        default_window_seconds: That of the user's own target.
        training: TrainingOptions options of each of the targets, by name, as texts.
        default_training: Those of the user's own target.

    Raises:
        AudiosetDuckError: A name that is not known, or a target of one's own without a name or
            without a label.
    """
    if not names and own_name is None and (ignore or descendants or window_seconds or training):
        raise AudiosetDuckError(
            "--ignore, --descendants, --clip-length and --training are of a target; name it with "
            "--target or --name"
        )
    if labels and own_name is None:
        raise AudiosetDuckError(f"--label {labels[0]!r} belongs to a target; name it with --name")
    if own_name is not None:
        check_name(own_name, "--name: ")
    if own_name in BUILT_IN:
        raise AudiosetDuckError(
            f"{own_name} is built in; right is another --name, or your own [targets.{own_name}] in "
            "audioset-duck.toml"
        )
    if own_name is not None and not labels:
        raise AudiosetDuckError(f"--name {own_name} has no label; add one with --label")
    if own_name in names:
        raise AudiosetDuckError(f"{own_name} is both a --target and a --name; right is one of them")
    chosen = []
    for name in dict.fromkeys(names):
        if name not in known:
            raise AudiosetDuckError(
                f"there is no target {name!r}; right are {', '.join(known)}, or in a build one of"
                f" your own: --name {name} --label LABEL"
            )
        chosen.append(known[name])
    if own_name is not None:
        options = {"labels": list(labels)}
        where = f"--name {own_name}"
        chosen.append(
            parse_target(own_name, options, default_window_seconds, where, default_training)
        )
    return [
        dataclasses.replace(
            target,
            ignore=(*target.ignore, *ignore),
            descendants=target.descendants or descendants,
            window_seconds=window_seconds or target.window_seconds,
            training=parse_training_options(training or {}, target.training, "--training"),
        )
        for target in chosen
    ]
