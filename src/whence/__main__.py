"""`python -m whence` is the command `whence`."""

from whence.cli.main import main

if __name__ == "__main__":
    main()
