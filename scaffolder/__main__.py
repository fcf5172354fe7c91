"""Where the command begins, also as `python -m scaffolder`."""

import signal


def main() -> None:
    """Run the command and exit."""
    # Until there is something to tidy up, Ctrl-C just ends the process; from an import it would be a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from scaffolder.cli import app as cli

    cli.main()


if __name__ == "__main__":
    main()
