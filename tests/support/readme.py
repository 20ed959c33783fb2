"""The commands' help, as the README has it; `python tests/readme.py` writes it there."""

from pathlib import Path

import click

from audioset_duck.cli.commands import cli

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- commands: written by `python tests/readme.py` -->\n", "<!-- /commands -->"


def commands() -> str:
    context = click.Context(
        cli, info_name="audioset-duck", terminal_width=88, **cli.context_settings
    )
    parts = []
    for name in cli.list_commands(context):
        command = cli.commands[name]
        with click.Context(command, context, name, terminal_width=88) as sub:
            parts.append(f"### {name}\n\n```\n{command.get_help(sub)}\n```\n")
    return "\n" + "\n".join(parts) + "\n"


def with_commands(text: str) -> str:
    before, rest = text.split(BEGIN)
    return before + BEGIN + commands() + END + rest.split(END, maxsplit=1)[1]


if __name__ == "__main__":
    README.write_text(with_commands(README.read_text()))
