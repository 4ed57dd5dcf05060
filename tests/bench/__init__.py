"""How fast it is: each kind of work against its floor and its peers, in one run, as ratios."""
