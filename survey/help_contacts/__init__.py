"""Where students and adults can turn: the help lines that ship, as the operator and schools changed
them."""
