"""Measurements that `samesense bench` prints; none of them is asserted in a test."""
