"""Tests of Kaisen, with real servers and the product's own processes; never a stand-in for our own code."""
