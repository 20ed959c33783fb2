"""Options of `build`: which go together, and the targets that they stand for."""

from decimal import Decimal

import pytest

from audioset_duck.cli.build_options import choose_targets
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.errors import AudiosetDuckError


def test_targets_of_the_options() -> None:
    chosen = choose_targets(
        BUILT_IN,
        ["gun", "gun"],
        "dog",
        ["Bark"],
        ["Howl"],
        descendants=True,
        window_seconds=Decimal(2),
    )
    assert chosen == [
        Target("gun", BUILT_IN["gun"].labels, ("Howl",), True, Decimal(2)),
        Target("dog", ("Bark",), ("Howl",), True, Decimal(2)),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (["dog"],),
            "unknown target 'dog'; expected one of gun, baby_cry, snore, or define .*--name dog",
        ),
        ((["Gun"],), "unknown target 'Gun'; .*snore; did you mean gun\\?"),
        (
            (["gun,snore"],),
            "unknown target 'gun,snore'; .*snore; --target may be given several times",
        ),
        (([], None, ["Bark"]), "--label 'Bark' needs .*--name"),
        (([], "dog"), "--name dog has no label; add one with --label"),
        (([], "gun", ["Bark"]), "--name gun .*built-in target; choose another --name, or define"),
        ((["dog"], "dog", ["Bark"]), "dog is given as both --target and --name"),
        (([], None, [], ["Howl"]), "--training need a target; .*--target or --name"),
        (([], "Dog", ["Bark"]), "--name: invalid name 'Dog' for a target"),
    ],
)
def test_options_that_do_not_go_together(arguments: tuple, message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        choose_targets(BUILT_IN, *arguments)
