"""`ecoredline check`: is a delivery fit to be taken?"""

commands = []  # found by entry point
