"""Cases of shapes, views and movement."""
