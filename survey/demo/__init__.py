"""A filled demo with simulated people, and the replay of real records."""
