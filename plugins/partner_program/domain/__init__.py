"""The rules of the programme: values in, values out, with the standard library only, no clock and no I/O."""
