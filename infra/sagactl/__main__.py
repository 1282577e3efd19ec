"""`sagactl`: operate a stack, on AWS or on this machine."""

from sagactl.app import app


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
