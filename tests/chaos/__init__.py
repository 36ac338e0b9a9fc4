"""Random `kill -9` over every kind of process while goods are shipped: stock must stay right."""
