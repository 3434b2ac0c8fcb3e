"""Routes that both twins share: signing in, and reservations."""
