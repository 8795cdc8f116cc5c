"""The rules of the programme: pure, standard library only, true on paper without a computer."""
