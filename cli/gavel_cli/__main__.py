"""`python -m gavel_cli` is the command `gavel`."""

from gavel_cli.main import main

main(prog_name="gavel")
