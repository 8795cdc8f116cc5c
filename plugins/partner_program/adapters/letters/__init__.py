"""How a letter, its book and its pages look."""
