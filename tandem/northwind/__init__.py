"""Northwind Traders, poured into Tandem: a whole company read from the CSV files people share."""
