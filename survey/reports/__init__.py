"""Reports of a school and comparisons of schools, as pages."""
