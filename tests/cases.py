"""How many cases Hypothesis draws for a law."""

from hypothesis import settings

QUICK = 10
quick = False  # set where the slow tests are left out


def cases(most: int) -> settings:
    """Draw so many cases, and no more than `QUICK` where the slow tests are left out too."""
    return settings(max_examples=min(most, QUICK) if quick else most)
