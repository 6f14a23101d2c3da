"""Writes the pages that are generated: `python docs/generate.py`.

`docs/cli.md` from the commands, `docs/families.md` and `docs/tasks.md` from the registries, with
a picture for each task. A test fails if a page is not what this makes of the code.
"""

import dataclasses
import inspect
import re
import sys
from pathlib import Path

import typer.main

from iclaws.cli._app import app
from iclaws.cli._families import FAMILIES, registry

DOCS = Path(__file__).parent
PICTURES = DOCS / "figures" / "tasks"
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


OPTIONS = ("num_tasks", "num_redraws", "num_sequences", "dims_curriculum", "context_curriculum")
TASKS_HEAD = """\
Every family is a distribution over functions, and over sequences of points that one function
labels. A strip shows one sequence, point by point: covariates (or tokens) above, labels below,
blue for negative and red for positive. A plot, where there is one, shows three functions
of one covariate.

`Scale` is the mean square of a label over functions, covariates and noise; variances are meant
throughout, never standard deviations. Risk is measured against labels without noise, and divided
by nothing unless its name says `normalised_`.
"""


def tasks_page():
    """Return the page of all task families."""
    found = registry("tasks")
    parts = ["# Tasks\n", MADE, TASKS_HEAD, "## For any family\n", _options()]
    parts += [_task(name, found.get(name)) for name in found.names()]
    return "\n".join(parts)


def _options():
    from iclaws.train import Recipe

    described = _attributes(Recipe)
    rows = [f"| `{name}` | {described[name]} |" for name in OPTIONS]
    rows.append("| `mixture` | Not an option of the recipe but a task: see below. |")
    return "\n".join(["| option of the recipe | what |", "|---|---|", *rows, ""])


def _task(name, cls):
    paragraphs = (inspect.getdoc(cls) or "").split("\n\nAttributes:")[0].split("\n\n")
    labels = [text for text in paragraphs if re.search(r"(^|\n| )Scale: ", text)]
    definition = [text for text in paragraphs if text not in labels]
    facts = re.findall(
        r"(Scale|Source|Bayes-optimal): (.*?)(?=\s+(?:Scale|Source|Bayes-optimal): |$)",
        " ".join(" ".join(labels).split()),
    )
    task = cls.example()
    named = ", ".join(f"`{reference}`" for reference in task.references())
    facts += [("Loss", f"{task.loss}"), ("Compared with", named or "what has learnt nothing")]
    rows = [f"| {label} | {text.replace('|', '&#124;')} |" for label, text in facts]
    described = _attributes(cls)
    fields = [
        f"| `{field.name}` | {_field_default(field)} | {described.get(field.name, '')} |"
        for field in dataclasses.fields(cls)
        if "derived" not in field.metadata
    ]
    return "\n".join(
        [
            f"## {name}\n",
            f"![{name}](figures/tasks/{name}.svg)\n",
            "\n\n".join(definition) + "\n",
            *["| | |", "|---|---|", *rows, ""],
            *["| field | default | what |", "|---|---|---|", *fields, ""],
        ]
    )


def _attributes(cls):
    """Return what a docstring says of each attribute, in one line."""
    text = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, flags=re.M)
    return {name: " ".join(words.split()).replace("|", "&#124;") for name, words in entries}


def _field_default(field):
    if field.default is dataclasses.MISSING:
        return ""
    value = field.default
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


PAGES = {"cli.md": cli_page, "families.md": families_page, "tasks.md": tasks_page}


def main():
    """Write every generated page, and the pictures of tasks."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    sys.path.insert(0, str(DOCS))
    from pictures import picture

    PICTURES.mkdir(parents=True, exist_ok=True)
    found = registry("tasks")
    for name in found.names():
        (PICTURES / f"{name}.svg").write_text(picture(found.get(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
