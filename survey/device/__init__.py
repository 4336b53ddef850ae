"""What a device is given to hold: sealed, for a short time, and refused once it is over."""
