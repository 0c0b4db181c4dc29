"""The roof: the command line, the Python interface and the site. It alone imports all below."""
