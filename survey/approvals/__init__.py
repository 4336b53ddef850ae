"""What one member of a school cannot do alone: asked for by one, answered by another."""
