"""`python -m ecoredline` is the command line."""

from ecoredline.cli import main

main()
