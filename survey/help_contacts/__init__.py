"""Help contacts of students and adults: the help lines that ship, as the operator and schools
changed them."""
