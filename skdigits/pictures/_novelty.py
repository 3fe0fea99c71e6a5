"""Hold how strange a row of counts may be: by itself, since prediction needs no pictures."""

__all__ = ["MOST_NOVELTY"]

# Of the default model: 2 in 100 digits of people it has never seen are beyond it.
MOST_NOVELTY = 0.99
