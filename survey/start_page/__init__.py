"""What the start page of a school holds, gathered from the packages that have something for it."""
