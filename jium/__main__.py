"""`python -m jium`: the command line where its script is not on the path."""

from jium.cli import main

main()
