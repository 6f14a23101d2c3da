"""The command line, `iclaws`: thin commands over the library, one file each."""

import sys


def main() -> None:
    """Run the command line; a known error is one sentence on stderr and exit status 1."""
    from ..errors import IclawsError
    from ._app import app

    try:
        app(prog_name="iclaws")
    except IclawsError as error:
        sys.exit(f"iclaws: {error}")
    except KeyboardInterrupt:
        print(
            "\nStopped. Finished groups are stored; the same command goes on from there.",
            file=sys.stderr,
        )
        sys.exit(130)
