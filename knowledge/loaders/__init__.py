"""One file per kind of source; each turns a file into documents."""
