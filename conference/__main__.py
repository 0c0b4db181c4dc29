"""`python -m conference` is the command `conference`."""

from conference.app.cli import main

if __name__ == "__main__":
    main()
