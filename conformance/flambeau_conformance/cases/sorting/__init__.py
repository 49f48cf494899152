"""Cases of orders, medians, quantiles and counts."""
