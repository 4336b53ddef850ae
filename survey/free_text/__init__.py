"""What students wrote: a lead reviews, redacts and publishes it."""
