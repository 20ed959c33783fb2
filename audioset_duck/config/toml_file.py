"""The configuration file `audioset-duck.toml`: the user's own targets and defaults."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from audioset_duck.config.sample_options import SampleOptions, parse_sample_options
from audioset_duck.config.targets import (
    BUILT_IN,
    DEFAULT_WINDOW_SECONDS,
    Target,
    check_name,
    parse_target,
    parse_window_seconds,
)
from audioset_duck.config.training_options import TrainingOptions, parse_training_options
from audioset_duck.errors import AudiosetDuckError

DEFAULT_FILE = Path("audioset-duck.toml")
_OPTIONS = ("window_seconds", "targets", "training", "samples", "corrections")


@dataclass(frozen=True)
class Configuration:
    """The built-in targets and defaults, overridden by audioset-duck.toml.

    Attributes:
        targets: All targets that can be built by name, built-in ones first.
        origins: Where each of them is defined: `built in` or the path of the file.
        window_seconds: Default length of a window, in seconds.
        training: Default training options.
        samples: Sample options that the file sets, as it writes them, by name. The others stay as
            the catalog has them.
        corrections: Files of corrections; a relative path starts from the folder of the file.
    """

    targets: dict[str, Target] = field(default_factory=lambda: dict(BUILT_IN))
    origins: dict[str, str] = field(default_factory=lambda: dict.fromkeys(BUILT_IN, "built in"))
    window_seconds: Decimal = DEFAULT_WINDOW_SECONDS
    training: TrainingOptions = field(default_factory=TrainingOptions)
    samples: Mapping[str, object] = field(default_factory=dict)
    corrections: tuple[Path, ...] = ()


def read_configuration(file: Path | None = None) -> Configuration:
    """Read a configuration file.

    Args:
        file: The file; None: `audioset-duck.toml` in the current folder, if it exists.

    Raises:
        AudiosetDuckError: The named file cannot be read, is not TOML, or has an unknown option or
            an invalid value.
    """
    if file is None and not DEFAULT_FILE.is_file():
        return Configuration()
    file = file or DEFAULT_FILE
    try:
        text = file.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text, parse_float=_parse_float)
        # Raises ValueError for an integer with too many digits to be printed in a message.
        repr(document)
    except OSError as error:
        raise AudiosetDuckError(f"{file} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise AudiosetDuckError(
            f"{file} is not valid TOML: its values are nested too deeply"
        ) from None
    except ValueError as error:
        raise AudiosetDuckError(f"{file} is not valid TOML: {error}") from None
    for key in document:
        if key not in _OPTIONS:
            raise AudiosetDuckError(
                f"{file}: unknown option {key!r}; expected one of {', '.join(_OPTIONS)}"
            )
    window_seconds = parse_window_seconds(
        document.get("window_seconds", DEFAULT_WINDOW_SECONDS), f"{file}: "
    )
    training = parse_training_options(
        document.get("training", {}), TrainingOptions(), f"{file}: [training]"
    )
    samples = document.get("samples", {})
    parse_sample_options(samples, SampleOptions(), f"{file}: [samples]")
    corrections = document.get("corrections", [])
    if not isinstance(corrections, list) or not all(isinstance(name, str) for name in corrections):
        raise AudiosetDuckError(
            f"{file}: corrections is {corrections!r}; expected a list of files, as in"
            ' ["corrections.csv"]'
        )
    tables = document.get("targets", {})
    if not isinstance(tables, dict):
        raise AudiosetDuckError(
            f"{file}: targets is {tables!r}; expected tables named [targets.NAME]"
        )
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
        samples,
        tuple(file.parent / name for name in corrections),
    )


def _parse_float(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} has too large an exponent") from None
