"""One module for each thing outside: a database, a file format, a library."""
