"""Writes the pages that are generated: `python docs/generate.py`.

`docs/cli.md` from the commands, `docs/families.md` from the registries. A test fails if a
page is not what this makes of the code.
"""

import inspect
from pathlib import Path

import typer.main

from iclaws.cli._app import app
from iclaws.cli._families import FAMILIES, registry

DOCS = Path(__file__).parent
MADE = "<!-- Made by `python docs/generate.py`; do not edit. -->\n"


def cli_page():
    """Return the page of all commands and their options."""
    root = typer.main.get_command(app)
    parts = ["# Commands\n", MADE]
    parts += [_command(f"iclaws {name}", command) for name, command in _sorted(root)]
    return "\n".join(parts)


def families_page():
    """Return the page of all registered elements."""
    parts = ["# What there is to choose from\n", MADE]
    for family in FAMILIES:
        found = registry(family)
        parts.append(f"## {family.capitalize()}\n")
        parts += [_element(name, found.get(name)) for name in found.names()]
    return "\n".join(parts)


def _sorted(group):
    return sorted(group.commands.items())


def _command(name, command):
    if hasattr(command, "commands"):
        head = f"## {name}\n\n{_help(command.help)}\n"
        inner = [_command(f"{name} {sub}", found) for sub, found in _sorted(command)]
        return "\n".join([head, *(text.replace("## ", "### ", 1) for text in inner)])
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join([name, *(_placeholder(p) for p in arguments), "[OPTIONS]"])
    rows = [f"| `{p.name.upper()}` | {_help(p.help)} | |" for p in arguments]
    rows += [f"| `{' / '.join(_names(p))}` | {_help(p.help)} | {_default(p)} |" for p in options]
    table = ["| option | what | default |", "|---|---|---|", *rows]
    return "\n".join([f"## {name}\n", f"`{usage}`\n", f"{_help(command.help)}\n", *table, ""])


def _placeholder(argument):
    return argument.name.upper() if argument.required else f"[{argument.name.upper()}]"


def _names(option):
    return [*option.opts, *option.secondary_opts]


def _default(option):
    if option.required:
        return "required"
    value = option.default
    if callable(value) or value in (None, "", (), []) or value is False:
        return ""
    return f"`{value}`"


def _help(text):
    return " ".join((text or "").split()).replace("|", "\\|")


def _element(name, element):
    text = inspect.getdoc(element) or ""
    described = text.split("\n\nAttributes:")[0].split("\n\nArgs")[0].split("\n\nRaises:")[0]
    extra = ""
    for word in ("statement", "rule", "question", "source", "convention"):
        if isinstance(getattr(element, word, None), str) and getattr(element, word):
            extra += f"*{word.capitalize()}*: {getattr(element, word)}\n\n"
    return f"### {name}\n\n{described}\n\n{extra}".rstrip() + "\n"


PAGES = {"cli.md": cli_page, "families.md": families_page}


def main():
    """Write every generated page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
