"""Year groups: the age they stand for, and what each nation calls them."""
