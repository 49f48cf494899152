"""Cases of reductions and scans."""
