"""The manual page and the completions of shells, made from the commands as Typer has them."""
